using OrleansTasks.Queues;

namespace OrleansTasks.Nodes;

/// <summary>
/// Decides from whom slots are taken when somebody wants some and none is free: first from those that seem not to use theirs, else
/// from the one with the most, if it has two more than the one that wants, or that has none. One that was granted a slot a moment ago
/// and has not used it yet is left alone until <see cref="LookAgainAt"/>.
/// </summary>
internal sealed class ReclaimRule(SlotAccounts accounts, SlotTally tally)
{
    /// <summary>When <see cref="Take"/> may find more than it did; the end of time when it left out nobody.</summary>
    public long LookAgainAt { get; private set; } = long.MaxValue;

    /// <summary>The accounts to be asked, with the limit that each is to keep to; <paramref name="held"/> as of the ledger.</summary>
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
        return accounts.Richest(wanting) is { } richest && !IsLeft(richest, now) ? [(richest, richest.Reserved - 1)] : [];
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
            if (most <= 0 || IsLeft(account, now))
                continue;
            need -= most;
            taken.Add((account, account.Reserved - most));
        }

        return taken;
    }

    /// <summary>There are fewer slots than are reserved: the one with the most gives up what is missing, one partition at a time.</summary>
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

    private bool IsLeft(SlotAccount account, long now)
    {
        if (account.LeftUntil <= now)
            return false;
        LookAgainAt = Math.Min(LookAgainAt, account.LeftUntil);
        return true;
    }
}
