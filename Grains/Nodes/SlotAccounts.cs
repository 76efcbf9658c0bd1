using OrleansTasks.Queues;

namespace OrleansTasks.Nodes;

/// <summary>
/// The accounts of a node's partitions and their order: who gets the next slot, and who has to give one up. A search over all
/// accounts each; an index would go here.
/// </summary>
internal sealed class SlotAccounts(SlotTally tally)
{
    private readonly SortedDictionary<string, SlotAccount> accounts = new(StringComparer.Ordinal);

    /// <summary>By the partitions' names, so that equal histories decide equally.</summary>
    public IEnumerable<SlotAccount> All => accounts.Values;

    public SlotAccount Of(PartitionKey partition)
    {
        var key = partition.ToString();
        if (!accounts.TryGetValue(key, out var account))
            accounts.Add(key, account = new SlotAccount(partition, tally));
        return account;
    }

    /// <summary>The one that wants a slot and has the fewest, among equals the one that has waited longest.</summary>
    public SlotAccount? Next(long now)
    {
        SlotAccount? next = null;
        foreach (var account in accounts.Values)
        {
            if (!account.Wants(now, tally.Slots) || account.IsReclaiming)
                continue;
            if (next is null || account.Reserved < next.Reserved
                || (account.Reserved == next.Reserved && account.IsBefore(next)))
                next = account;
        }

        return next;
    }

    /// <summary>The one that has to give a slot to <paramref name="wanting"/>; null when none has, or one is giving already.</summary>
    public SlotAccount? Richest(SlotAccount wanting)
    {
        SlotAccount? richest = null;
        foreach (var account in accounts.Values)
        {
            if (account == wanting)
                continue;
            if (account.IsReclaiming)
                return null;
            if (richest is null || account.Reserved > richest.Reserved
                || (account.Reserved == richest.Reserved && account.IsBefore(richest)))
                richest = account;
        }

        return richest is not null && IsRicher(richest, wanting) ? richest : null;
    }

    /// <summary>Whether somebody waits to whom it has to give a slot.</summary>
    public bool IsRichForAny(SlotAccount account, long now)
    {
        foreach (var other in accounts.Values)
        {
            if (other != account && other.Wants(now, tally.Slots) && IsRicher(account, other))
                return true;
        }

        return false;
    }

    private static bool IsRicher(SlotAccount account, SlotAccount wanting) =>
        account.Reserved > 0 && (wanting.Reserved == 0 || account.Reserved >= wanting.Reserved + 2);
}
