using OrleansTasks.Queues;

namespace OrleansTasks.Nodes;

/// <summary>
/// Chooses the partitions that must give slots of a node back.
/// <see cref="SlotLedger"/> calls the rule and sends each chosen partition a reclaim:
/// the request to make do with a lower limit.
/// A reserved slot is one that a partition may use for an attempt;
/// it becomes free only when the partition answers the reclaim. Changes no account itself.
/// </summary>
/// <remarks>
/// The first case that applies decides:
/// <list type="number">
/// <item>More slots are reserved than the node has: the partition with the most slots gives the surplus back.</item>
/// <item>No partition wants a slot, or a slot is free: none gives a slot back.</item>
/// <item>Partitions that want no more slots, and have no reclaim to answer, have more than they have attempts at the
/// worker: they give the difference back, as far as the partition that is next to get a slot wants it.</item>
/// <item>The grant of such a partition is protected, because it was made a moment ago: none gives a slot back until
/// <see cref="LookAgainAt"/>.</item>
/// <item>The partition with the most slots gives one back, if it has at least two more than the partition that wants a
/// slot, or if the latter has none.
/// Not if its own grant is protected, and not while any other reclaim is unanswered.</item>
/// </list>
/// </remarks>
/// <param name="accounts">The accounts of the node's partitions.</param>
/// <param name="tally">Counts the node's slots.</param>
internal sealed class ReclaimRule(SlotAccounts accounts, SlotTally tally)
{
    /// <summary>
    /// When <see cref="Take"/> should be called again, in Unix milliseconds:
    /// the end of the first protection that kept the latest call from choosing a partition.
    /// <see cref="long.MaxValue"/> when no protection did.
    /// </summary>
    public long LookAgainAt { get; private set; } = long.MaxValue;

    /// <summary>
    /// Returns the accounts that must give slots back, each with its new limit. Sets <see cref="LookAgainAt"/>.
    /// </summary>
    /// <param name="held">
    /// Returns how many attempts of a partition the worker has, as far as the node's grain knows.
    /// If the figure is too low, the partition is asked for slots that it uses, and keeps them.
    /// </param>
    /// <param name="now">The current time, in Unix milliseconds.</param>
    public IReadOnlyList<(SlotAccount Account, int Limit)> Take(Func<PartitionKey, int> held, long now)
    {
        LookAgainAt = long.MaxValue;
        if (tally.Free < 0)
            return TakeSurplus();
        if (accounts.Next(now) is not { } wanting || tally.Free > 0)
            return [];
        var unused = TakeUnused(wanting, held, now);
        // Rather wait for the end of a protection than take a slot from a partition that uses its slots.
        if (unused.Count > 0 || LookAgainAt < long.MaxValue)
            return unused;
        return accounts.Richest(wanting) is { } richest && !IsProtected(richest, now) ? [(richest, richest.Reserved - 1)] : [];
    }

    /// <summary>
    /// Chooses the partitions that want no more slots and have unused ones,
    /// until <paramref name="wanting"/> has enough.
    /// </summary>
    private List<(SlotAccount Account, int Limit)> TakeUnused(SlotAccount wanting, Func<PartitionKey, int> held, long now)
    {
        var taken = new List<(SlotAccount Account, int Limit)>();
        var need = Math.Min(wanting.Target, tally.Slots) - wanting.Reserved;
        foreach (var account in accounts.All)
        {
            if (need == 0)
                break;
            if (account == wanting || account.IsReclaiming || account.Wants(now, tally.Slots))
                continue;
            var most = Math.Min(need, account.Reserved - held(account.Partition));
            if (most <= 0 || IsProtected(account, now))
                continue;
            need -= most;
            taken.Add((account, account.Reserved - most));
        }

        return taken;
    }

    /// <summary>
    /// Chooses the partition with the most slots for the whole surplus (<see cref="SlotTally.Free"/> is negative).
    /// A surplus arises when the worker brought more attempts from an earlier session than it has slots,
    /// or when fewer tasks are sent ahead than before.
    /// Chooses no partition while a reclaim is unanswered, so that not two partitions give the same surplus back.
    /// A grant's protection does not matter here. Slots that are in use come back with later calls, as attempts end.
    /// </summary>
    private IReadOnlyList<(SlotAccount Account, int Limit)> TakeSurplus()
    {
        SlotAccount? most = null;
        foreach (var account in accounts.All)
        {
            if (account.IsReclaiming)
                return [];
            if (most is null || account.Reserved > most.Reserved)
                most = account;
        }

        return most is { Reserved: > 0 } ? [(most, Math.Max(0, most.Reserved + tally.Free))] : [];
    }

    /// <summary>
    /// Whether the account's latest grant is protected.
    /// If it is, notes the end of the protection for <see cref="LookAgainAt"/>.
    /// </summary>
    private bool IsProtected(SlotAccount account, long now)
    {
        if (account.ProtectedUntil <= now)
            return false;
        LookAgainAt = Math.Min(LookAgainAt, account.ProtectedUntil);
        return true;
    }
}
