using OrleansTasks.Queues;

namespace OrleansTasks.Nodes;

/// <summary>
/// Chooses the partitions that must give slots up when a partition wants slots and none is free.
/// The rule first chooses partitions that have more slots than attempts at the worker. If there are none, the rule
/// chooses the partition with the most slots, provided that this partition has at least two slots more than the
/// partition that wants slots, or that the latter has none. A partition whose latest grant is still protected is not
/// chosen before <see cref="LookAgainAt"/>.
/// </summary>
internal sealed class ReclaimRule(SlotAccounts accounts, SlotTally tally)
{
    /// <summary>
    /// The time at which the earliest protection ends that restricted the latest <see cref="Take"/>.
    /// <see cref="long.MaxValue"/> when no protection did.
    /// </summary>
    public long LookAgainAt { get; private set; } = long.MaxValue;

    /// <summary>Returns the accounts that must give slots up, each with its new limit.</summary>
    /// <param name="held">Returns how many attempts of a partition the worker has.</param>
    /// <param name="now">The current time, in Unix milliseconds.</param>
    public IReadOnlyList<(SlotAccount Account, int Limit)> Take(Func<PartitionKey, int> held, long now)
    {
        LookAgainAt = long.MaxValue;
        if (tally.Free < 0)
            return TakeSurplus();
        if (accounts.Next(now) is not { } wanting || tally.Free > 0)
            return [];
        var unused = TakeUnused(wanting, held, now);
        if (unused.Count > 0 || LookAgainAt < long.MaxValue)
            return unused;
        return accounts.Richest(wanting) is { } richest && !IsProtected(richest, now) ? [(richest, richest.Reserved - 1)] : [];
    }

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
    /// Chooses the partition with the most slots when more slots are reserved than the node has.
    /// Chooses one partition at a time: returns none while a reclaim is unanswered.
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

    private bool IsProtected(SlotAccount account, long now)
    {
        if (account.ProtectedUntil <= now)
            return false;
        LookAgainAt = Math.Min(LookAgainAt, account.ProtectedUntil);
        return true;
    }
}
