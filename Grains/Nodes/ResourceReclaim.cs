using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>
/// Chooses the leases that accounts give back so that one account, which lacks resources, can have one more lease.
/// </summary>
/// <remarks>
/// Leases that no attempt uses are taken if they are enough. For an account that reserves, others also get a lower limit
/// for leases in use: their queues start no further attempt with them (<see cref="Reservation.ToGive"/>).
/// </remarks>
internal sealed class ResourceReclaim(SlotAccount lacking, SlotTally tally)
{
    /// <summary>Returns the accounts that must give leases back, with their new limits.</summary>
    public IReadOnlyList<(SlotAccount Account, int Limit)> Take(
        IReadOnlyCollection<SlotAccount> accounts, Func<string, ResourceVector, int> held,
        Func<SlotAccount, bool> isProtected, long now) =>
        tally.Reserving == lacking
            ? TakeFor(tally.Reservation!, accounts, isProtected, now)
            : TakeUnused(accounts, held, isProtected, now);

    private (SlotAccount Account, int Limit)[] TakeUnused(
        IEnumerable<SlotAccount> accounts, Func<string, ResourceVector, int> held,
        Func<SlotAccount, bool> isProtected, long now)
    {
        var shortage = new ResourceShortage(lacking.Shape, tally);
        var taken = new List<(SlotAccount Account, int Limit)>();
        foreach (var account in accounts)
        {
            var unused = account == lacking ? 0 : account.Reserved - held(account.Queue, account.Shape);
            // A queue that wants more than it has uses what it has in its next commit.
            if (unused <= 0 || (account.IsShort(now) && !account.IsGiving) || isProtected(account))
                continue;
            var count = 0;
            while (count < unused && !shortage.IsCovered && shortage.TryCover(account.Shape, 1))
                count++;
            if (count > 0)
                taken.Add((account, Math.Min(account.Limit, account.Reserved - count)));
        }

        return shortage.IsCovered ? [.. taken] : [];
    }

    private List<(SlotAccount Account, int Limit)> TakeFor(
        Reservation reservation, IReadOnlyCollection<SlotAccount> accounts, Func<SlotAccount, bool> isProtected,
        long now)
    {
        var taken = new List<(SlotAccount Account, int Limit)>();
        var more = reservation.ToGive(tally, accounts, isProtected);
        foreach (var account in accounts)
        {
            var free = reservation.FreeOf(account, now);
            if (more.TryGetValue(account, out var count))
                taken.Add((account, Math.Max(0, account.Kept - count)));
            else if (free > 0)
                taken.Add((account, Math.Min(account.Limit, account.Reserved - free)));
        }

        return taken;
    }
}
