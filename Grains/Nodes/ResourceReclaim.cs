using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>
/// Chooses the leases that accounts give back so that one account, which lacks resources, can have one more lease.
/// </summary>
/// <remarks>
/// First come leases that no attempt uses; they are taken only if they are enough, except for an account that reserves.
/// For that one, accounts also get a lower limit for leases in use: their queues start no further attempt with them.
/// </remarks>
internal sealed class ResourceReclaim(SlotAccount lacking, SlotTally tally)
{
    private readonly Dictionary<string, long> missing = lacking.Shape.Amounts
        .Where(one => one.Amount > tally.FreeOf(one.Name))
        .ToDictionary(static one => one.Name, one => one.Amount - tally.FreeOf(one.Name));

    private readonly Dictionary<SlotAccount, int> taken = [];

    private bool IsEnough => missing.Values.All(static amount => amount <= 0);

    /// <summary>Returns the accounts that must give leases back, with their new limits.</summary>
    public IReadOnlyList<(SlotAccount Account, int Limit)> Take(
        IEnumerable<SlotAccount> accounts, Func<string, ResourceVector, int> held, Func<SlotAccount, bool> isProtected, long now)
    {
        var isReserving = tally.Reserving == lacking;
        var others = accounts.Where(account => account != lacking && account.Reserved > 0 && account.Shape.Overlaps(lacking.Shape)).ToArray();
        foreach (var account in others)
        {
            // A queue that wants more than it has uses what it has in its next commit.
            if (account.IsShort(now) && !isReserving && !account.IsGiving)
                continue;
            if (account.Reserved > held(account.Queue, account.Shape) && !isProtected(account))
                Take(account, account.Reserved - held(account.Queue, account.Shape));
        }

        if (!isReserving)
            return IsEnough ? Limits() : [];
        // The largest holders first, so that few queues have to wait.
        foreach (var account in others.OrderByDescending(account => account.Reserved * account.Shape.DominantPartOf(tally.Offered)))
        {
            if (!account.IsGiving)
                Take(account, account.Reserved - taken.GetValueOrDefault(account));
            else
                // It was asked before, and its attempts still run; what they hold comes back when they end.
                Count(account, Math.Max(0, account.Reserved - account.Limit - taken.GetValueOrDefault(account)));
        }

        return Limits();
    }

    private IReadOnlyList<(SlotAccount Account, int Limit)> Limits() =>
        [.. taken.Select(static one => (one.Key, Math.Max(0, Math.Min(one.Key.Limit, one.Key.Reserved - one.Value))))];

    // Takes as few of an account's leases as are enough.
    private void Take(SlotAccount account, int most)
    {
        for (var i = 0; i < most && account.Shape.Amounts.Any(one => missing.GetValueOrDefault(one.Name) > 0); i++)
        {
            taken[account] = taken.GetValueOrDefault(account) + 1;
            Count(account, 1);
        }
    }

    private void Count(SlotAccount account, int leases)
    {
        foreach (var one in account.Shape.Amounts)
        {
            if (missing.TryGetValue(one.Name, out var amount))
                missing[one.Name] = amount - (leases * one.Amount);
        }
    }
}
