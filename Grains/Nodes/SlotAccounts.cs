using OrleansTasks.Queues;

namespace OrleansTasks.Nodes;

/// <summary>
/// The accounts of the partitions of one node. Chooses the partition that gets the next slot and the partition that
/// gives a slot up. Each choice searches all accounts, of which a node has few.
/// </summary>
internal sealed class SlotAccounts(SlotTally tally)
{
    private readonly SortedDictionary<string, SlotAccount> accounts = new(StringComparer.Ordinal);

    /// <summary>All accounts, ordered by partition name so that equal histories lead to equal decisions.</summary>
    public IEnumerable<SlotAccount> All => accounts.Values;

    /// <summary>Returns the account of a partition. Creates the account on the first call.</summary>
    public SlotAccount Of(PartitionKey partition)
    {
        var key = partition.ToString();
        if (!accounts.TryGetValue(key, out var account))
            accounts.Add(key, account = new SlotAccount(partition, tally));
        return account;
    }

    /// <summary>
    /// Returns the account that gets the next slot: of the accounts that want a slot, the one with the fewest slots;
    /// among equals, the one that has waited longest. Returns null when no account wants a slot.
    /// An account with an unanswered reclaim gets none.
    /// </summary>
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

    /// <summary>
    /// Returns the account that must give a slot to <paramref name="wanting"/>: the one with the most slots.
    /// Returns null when no account has enough slots, or while another reclaim is unanswered.
    /// </summary>
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

    /// <summary>Whether another account waits to which this account must give a slot.</summary>
    public bool IsRichForAny(SlotAccount account, long now)
    {
        foreach (var other in accounts.Values)
        {
            if (other != account && other.Wants(now, tally.Slots) && IsRicher(account, other))
                return true;
        }

        return false;
    }

    // Two more slots, not one: giving one up would only exchange the roles of the two accounts.
    private static bool IsRicher(SlotAccount account, SlotAccount wanting) =>
        account.Reserved > 0 && (wanting.Reserved == 0 || account.Reserved >= wanting.Reserved + 2);
}
