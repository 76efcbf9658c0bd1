using OrleansTasks.Nodes;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Looks at how nodes divide their slots among queues: by the weights that operators have set, as a plain rule would, and
/// with no claim of those that compete no more.
/// </summary>
internal sealed class ShareReferee(Coverage coverage)
{
    private const double Rounding = 1e-6;
    private readonly Dictionary<string, HashSet<int>> weights = new(StringComparer.Ordinal);

    /// <summary>An operator is about to set a queue's weight.</summary>
    public void Asked(string queue, int weight)
    {
        if (!weights.TryGetValue(queue, out var known))
            weights.Add(queue, known = [1]);
        known.Add(weight);
    }

    /// <summary>Looks at a node's slots.</summary>
    public void Look(SlotLedger ledger)
    {
        var shares = ledger.Accounts.Shares;
        var level = LevelOf(shares);
        foreach (var (account, demand, weight) in shares.Claims)
        {
            var queue = account.Queue;
            Violation.Unless(
                weight == 1 || (weights.TryGetValue(queue, out var known) && known.Contains((int)weight)),
                $"{queue} has the weight {weight} at a node, and nobody has set it.");
            var plain = Math.Min(demand, level * weight);
            Violation.Unless(
                Math.Abs(plain - account.Share) < Rounding,
                $"{queue} has a share of {account.Share} of {shares.Divided} slots at a node, and should have {plain}.");
        }

        foreach (var account in ledger.Accounts.All)
        {
            if (account.HasTurns)
                coverage.Fire("turns for a slot");
            Violation.Unless(
                account.HasTurns || account.Lag <= 0,
                $"{account.Queue} takes no turns at a node, and keeps a claim to {account.Lag} slot-milliseconds.");
        }
    }

    /// <summary>How many slots there are for each unit of weight, when nobody gets more than it wants.</summary>
    private static double LevelOf(SlotShares shares)
    {
        double low = 0, high = shares.Divided;
        for (var i = 0; i < 60; i++)
        {
            var level = (low + high) / 2;
            if (shares.Claims.Sum(claim => Math.Min(claim.Demand, level * claim.Weight)) < shares.Divided)
                low = level;
            else
                high = level;
        }

        return high;
    }
}
