using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>
/// Chooses the leases that accounts give back so that one account, which lacks resources, can have one more lease.
/// </summary>
/// <remarks>
/// Leases that no attempt uses are taken if they are enough. For an account that reserves, others also get a lower limit
/// for leases in use: their queues start no further attempt with them (<see cref="Reservation.ToGive"/>).
/// </remarks>
internal sealed class ResourceReclaim(
    IReadOnlyCollection<SlotAccount> accounts, SlotTally tally, Func<string, ResourceVector, int> held,
    Func<SlotAccount, bool> isProtected, long now)
{
    // The accounts with leases that no attempt uses, and how many; null until they are needed.
    private List<(SlotAccount Account, int Count)>? unused;

    /// <summary>Returns the accounts that must give leases back, with their new limits.</summary>
    public IReadOnlyList<(SlotAccount Account, int Limit)> TakeFor(SlotAccount lacking) =>
        tally.Reserving == lacking ? TakeNext(tally.Reservation!) : TakeUnused(lacking);

    private (SlotAccount Account, int Limit)[] TakeUnused(SlotAccount lacking)
    {
        unused ??= FindUnused();
        if (unused.Count == 0)
            return [];
        var shortage = new ResourceShortage(lacking.Shape, tally);
        var taken = new List<(SlotAccount Account, int Limit)>();
        foreach (var (account, most) in unused)
        {
            if (account == lacking)
                continue;
            var count = 0;
            while (count < most && !shortage.IsCovered && shortage.TryCover(account.Shape, 1))
                count++;
            if (count > 0)
                taken.Add((account, Math.Min(account.Limit, account.Reserved - count)));
        }

        return shortage.IsCovered ? [.. taken] : [];
    }

    private List<(SlotAccount Account, int Count)> FindUnused()
    {
        var found = new List<(SlotAccount Account, int Count)>();
        foreach (var account in accounts)
        {
            // The reservation relies on what its holder has, and on unused leases without a bound.
            if (account == tally.Reserving || tally.Reservation?.IsInTheWay(account) == true)
                continue;
            if (account.UsesAll(now) && !account.IsGiving)
                continue;
            var count = account.Reserved - held(account.Queue, account.Shape);
            if (count > 0 && !isProtected(account))
                found.Add((account, count));
        }

        return found;
    }

    private List<(SlotAccount Account, int Limit)> TakeNext(Reservation reservation)
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
