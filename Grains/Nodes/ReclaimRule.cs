namespace OrleansTasks.Nodes;

/// <summary>
/// Chooses the queues that must give slots of a node back.
/// <see cref="SlotLedger"/> calls the rule and makes a reclaim for each chosen queue: the request to use fewer
/// slots than before. <see cref="SlotSharing"/> sends the reclaims.
/// An account is what the node has given one queue.
/// A reserved slot is one that the queue may use for an attempt.
/// It becomes free only when the queue answers the reclaim, so the rule itself changes no account.
/// </summary>
/// <remarks>
/// The first case that applies decides:
/// <list type="number">
/// <item>More slots are reserved than the node has: the queue with the most slots gives the surplus back.</item>
/// <item>No queue wants a slot, or a slot is free: none gives a slot back.</item>
/// <item>A queue has unused slots (more slots than attempts at the worker), could use no more slots, and has no reclaim
/// to answer: it gives unused slots back, as many as the queue that is next to get a slot wants.
/// If these are too few, the next such queue gives slots back, too.</item>
/// <item>All such queues are protected (<see cref="SlotAccount.ProtectedUntil"/>): each got a slot a moment ago and
/// has not used it yet. None gives a slot back until <see cref="LookAgainAt"/>.</item>
/// <item>A queue that has more slots than its share gives some back, if the queue that wants a slot has less than
/// its share: at once if whole slots are concerned, and after a turn when both have a claim to the same slot
/// (<see cref="SlotAccounts.Giver"/>). The queue gives none while it is protected or any reclaim is unanswered, and it
/// is not asked again while it uses all slots that it has.
/// If the turn is not over yet, <see cref="LookAgainAt"/> says when it will be.</item>
/// </list>
/// </remarks>
/// <param name="accounts">The accounts of the node's queues.</param>
/// <param name="tally">Counts the node's slots.</param>
internal sealed class ReclaimRule(SlotAccounts accounts, SlotTally tally)
{
    /// <summary>
    /// When <see cref="Take"/> should be called again, in Unix milliseconds:
    /// the end of the first protection that kept the latest call from choosing a queue, or of a turn.
    /// <see cref="long.MaxValue"/> when there is neither.
    /// </summary>
    public long LookAgainAt { get; private set; } = long.MaxValue;

    /// <summary>
    /// Returns the accounts that must give slots back, each with its new limit. Sets <see cref="LookAgainAt"/>.
    /// The caller has called <see cref="SlotAccounts.Divide"/>.
    /// </summary>
    /// <param name="held">
    /// Returns how many attempts of a queue the worker has, as far as the node's grain knows.
    /// If the figure is too low, the queue is asked for slots that it uses, and keeps them.
    /// </param>
    /// <param name="now">The current time, in Unix milliseconds of the node grain's steady clock.</param>
    public IReadOnlyList<(SlotAccount Account, int Limit)> Take(Func<string, int> held, long now)
    {
        LookAgainAt = long.MaxValue;
        if (tally.Free < 0)
            return TakeSurplus();
        if (accounts.Next(now) is not { } wanting || tally.Free > 0)
            return [];
        var unused = TakeUnused(wanting, held, now);
        // Rather wait for the end of a protection than take a slot from a queue that uses its slots.
        if (unused.Count > 0 || LookAgainAt < long.MaxValue)
            return unused;
        // The answer to a reclaim may free a slot.
        if (accounts.IsReclaimingFor(wanting))
            return [];
        if (accounts.Giver(wanting, held) is { } giver)
            return IsProtected(giver, now) ? [] : [(giver, giver.Reserved - CountOf(giver, wanting))];
        if (accounts.UntilTurn(wanting) is var turn and < long.MaxValue)
            LookAgainAt = now + turn;
        return [];
    }

    /// <summary>
    /// How many slots <paramref name="giver"/> gives to <paramref name="wanting"/>: all whole slots that the one has beyond
    /// its share and the other lacks, so that it does not take as many rounds as slots until both have their shares.
    /// </summary>
    private static int CountOf(SlotAccount giver, SlotAccount wanting) =>
        Math.Max(1, Math.Min(giver.Reserved - giver.Ceiling, wanting.Floor - wanting.Reserved));

    /// <summary>
    /// Chooses the queues that could use no more slots and have unused ones,
    /// until <paramref name="wanting"/> has enough.
    /// </summary>
    private List<(SlotAccount Account, int Limit)> TakeUnused(SlotAccount wanting, Func<string, int> held, long now)
    {
        var taken = new List<(SlotAccount Account, int Limit)>();
        var need = Math.Min(wanting.Target, tally.Slots) - wanting.Reserved;
        foreach (var account in accounts.All)
        {
            if (need == 0)
                break;
            if (account == wanting || account.IsReclaiming || account.IsShort(now))
                continue;
            var count = Math.Min(need, account.Reserved - held(account.Queue));
            if (count <= 0 || IsProtected(account, now))
                continue;
            need -= count;
            taken.Add((account, account.Reserved - count));
        }

        return taken;
    }

    /// <summary>
    /// Chooses the queue with the most slots for the whole surplus (<see cref="SlotTally.Free"/> is negative).
    /// A surplus arises when the worker brought more attempts from an earlier session than it has slots,
    /// or when fewer tasks than before are sent ahead, to wait at the worker for a slot.
    /// Chooses no queue while a reclaim is unanswered, so that not two queues give the same surplus back.
    /// A grant's protection does not matter here. Slots that are in use come back with later calls, as attempts end.
    /// </summary>
    private IReadOnlyList<(SlotAccount Account, int Limit)> TakeSurplus()
    {
        SlotAccount? richest = null;
        foreach (var account in accounts.All)
        {
            if (account.IsReclaiming)
                return [];
            if (richest is null || account.Reserved > richest.Reserved)
                richest = account;
        }

        return richest is { Reserved: > 0 } ? [(richest, Math.Max(0, richest.Reserved + tally.Free))] : [];
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
