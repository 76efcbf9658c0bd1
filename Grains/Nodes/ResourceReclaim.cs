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
    private readonly ResourceShortage shortage = new(lacking.Shape, tally);

    private readonly Dictionary<SlotAccount, int> taken = [];

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
            return shortage.IsCovered ? Limits() : [];
        // The largest holders first, so that few queues have to wait.
        foreach (var account in others.OrderByDescending(account => account.Reserved * account.Shape.DominantPartOf(tally.Offered)))
        {
            var left = account.Reserved - taken.GetValueOrDefault(account);
            if (tally.Reservation!.IsBound(account))
                shortage.TryCover(account.Shape, left);
            else if (account.IsGiving)
                // It was asked before, and its attempts still run; what they hold comes back when they end.
                shortage.TryCover(account.Shape, Math.Max(0, left - account.Limit));
            else
                Take(account, left);
        }

        return Limits();
    }

    private IReadOnlyList<(SlotAccount Account, int Limit)> Limits() =>
        [.. taken.Select(static one => (one.Key, Math.Max(0, Math.Min(one.Key.Limit, one.Key.Reserved - one.Value))))];

    // Takes as few of an account's leases as are enough.
    private void Take(SlotAccount account, int most)
    {
        for (var i = 0; i < most && shortage.TryCover(account.Shape, 1); i++)
            taken[account] = taken.GetValueOrDefault(account) + 1;
    }
}
