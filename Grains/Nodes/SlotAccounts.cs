using OrleansTasks.Queues;

namespace OrleansTasks.Nodes;

/// <summary>
/// The slot accounts of one node session, one account for each partition that uses or wants slots of the node.
/// An account has the number of slots (each is room for one attempt) that are reserved for its partition, and the
/// partition's demand for more.
/// <see cref="SlotLedger"/> and <see cref="ReclaimRule"/> ask two questions here: which partition gets the next free
/// slot, and which partition must give a slot up when none is free. Both answers even out the numbers of slots.
/// Each answer searches all accounts, of which a node has few. An account stays until the session ends. In memory only.
/// Times are Unix milliseconds of the caller's clock.
/// </summary>
/// <remarks>
/// An account <em>wants</em> slots while the partition's demand for more slots has not expired. An account is
/// <em>reclaiming</em> from the time at which the partition is asked to give slots back until the partition answers or
/// the call fails.
/// </remarks>
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
    /// Returns the account that gets the next slot: of the accounts that want a slot and are not reclaiming, the one
    /// with the fewest slots; among equals, the one that has waited longest. Returns null when there is none.
    /// The caller checks whether a slot is free.
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
    /// Returns the account that must give a slot to <paramref name="wanting"/>: of the other accounts, the one with the
    /// most slots; among equals, the first by <see cref="SlotAccount.IsBefore"/>. Returns null when that account is not
    /// rich enough (<see cref="IsRicher"/>), or while any other account is reclaiming, because the answer may free a
    /// slot.
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

    /// <summary>
    /// Whether another account wants a slot and is so much poorer that <paramref name="account"/> must give it one.
    /// </summary>
    public bool IsRichForAny(SlotAccount account, long now)
    {
        foreach (var other in accounts.Values)
        {
            if (other != account && other.Wants(now, tally.Slots) && IsRicher(account, other))
                return true;
        }

        return false;
    }

    // With a difference of one, a slot that moves only exchanges the roles of the two accounts, without end.
    // An account without any slot gets one even so, because it would starve otherwise: two partitions then take turns
    // with a node's only slot, and SlotAccount.ProtectedUntil gives each of them time to use it.
    private static bool IsRicher(SlotAccount account, SlotAccount wanting) =>
        account.Reserved > 0 && (wanting.Reserved == 0 || account.Reserved >= wanting.Reserved + 2);
}
