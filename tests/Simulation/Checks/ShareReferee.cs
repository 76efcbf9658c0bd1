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
        foreach (var (account, _, weight) in shares.Claims)
        {
            Violation.Unless(
                weight == 1 || (weights.TryGetValue(account.Queue, out var known) && known.Contains((int)weight)),
                $"{account.Queue} has the weight {weight} at a node, and nobody has set it.");
        }

        if (shares.Claims.Any(static claim => !claim.Account.Shape.IsEmpty))
            LookAtResources(ledger);
        else
            LookAtSlots(shares);
        foreach (var account in ledger.Accounts.All)
        {
            if (account.HasTurns)
                coverage.Fire("turns for a slot");
            Violation.Unless(
                account.HasTurns || account.Lag <= 0,
                $"{account.Queue} takes no turns at a node, and keeps a claim to {account.Lag} slot-milliseconds.");
        }
    }

    private static void LookAtSlots(SlotShares shares)
    {
        var level = LevelOf(shares);
        foreach (var (account, demand, weight) in shares.Claims)
        {
            var queue = account.Queue;
            var plain = Math.Min(demand, level * weight);
            Violation.Unless(
                Math.Abs(plain - account.Share) < Rounding,
                $"{queue} has a share of {account.Share} of {shares.Divided} slots at a node, and should have {plain}.");
        }
    }

    /// <summary>
    /// Looks at a division by dominant resource: it is possible, what one does without another has in use, and nobody
    /// has more for its weight of what is used up.
    /// </summary>
    private void LookAtResources(SlotLedger ledger)
    {
        var shares = ledger.Accounts.Shares;
        double PartOf(SlotAccount account, ResourceUse? of) =>
            of is null ? 1.0 / shares.Divided : account.Shape[of.Value.Name] / (double)of.Value.Offered;
        ResourceUse?[] resources = [null, .. ledger.Resources.Select(static one => (ResourceUse?)one)];
        var used = resources.ToDictionary(
            static one => one?.Name ?? "",
            one => shares.Claims.Sum(claim => claim.Account.Share * PartOf(claim.Account, one)));
        foreach (var (name, part) in used)
            Violation.Unless(part < 1 + Rounding, $"Queues have shares of {part} of the {name} of a node.");
        double Level((SlotAccount Account, int Demand, double Weight) claim) =>
            resources.Max(one => PartOf(claim.Account, one)) * claim.Account.Share / claim.Weight;
        bool IsAlone(SlotAccount account) => shares.Claims.Count(claim => claim.Account.Queue == account.Queue) == 1;
        foreach (var claim in shares.Claims)
        {
            // A worker may bring an attempt with more than it offers now.
            var isOffered = claim.Account.Shape.Amounts.All(amount => ledger.Resources.Any(
                one => one.Name == amount.Name && one.Offered >= amount.Amount));
            if (claim.Account.Share > claim.Demand - Rounding || !isOffered)
                continue;
            var full = resources
                .Where(one => PartOf(claim.Account, one) > 0 && used[one?.Name ?? ""] > 1 - Rounding).ToArray();
            Violation.Unless(
                full.Length > 0,
                $"{claim.Account.Queue} has a share of {claim.Account.Share} leases, and nothing is used up.");
            if (!IsAlone(claim.Account))
                continue;
            coverage.Fire("share by dominant resource");
            Violation.Unless(
                full.Any(one => shares.Claims.All(other => PartOf(other.Account, one) == 0 || !IsAlone(other.Account)
                    || Level(other) <= Level(claim) + Rounding)),
                $"{claim.Account.Queue} has {Level(claim)} for its weight, and another queue has more of the same.");
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
