using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>
/// Chooses the queues that must give slots back; <see cref="SlotLedger"/> makes the reclaims. A slot becomes free only
/// when its queue answers, so the rule changes no account.
/// </summary>
/// <remarks>
/// The first case that applies decides:
/// <list type="number">
/// <item>More slots are reserved than the node has: the queue with the most gives the surplus back.</item>
/// <item>No queue wants a slot, or a slot is free: none gives.</item>
/// <item>Queues with more slots than attempts, no use for more, and no reclaim to answer give unused slots back, as
/// many as the queue next in line wants.</item>
/// <item>All of those are protected (<see cref="SlotAccount.ProtectedUntil"/>): none gives until
/// <see cref="LookAgainAt"/>.</item>
/// <item>A queue above its share gives to a wanting queue below its share: whole slots at once, a contested slot after
/// a turn (<see cref="SlotAccounts.Giver"/>; none gives before <see cref="LookAgainAt"/>). A queue does not give while
/// it is protected, while any reclaim is unanswered, or after it was asked and uses all its slots.</item>
/// <item>Accounts lack resources: accounts that have leases with these resources give them back
/// (<see cref="ResourceReclaim"/>), for the first lacking account that can get enough.</item>
/// </list>
/// </remarks>
internal sealed class ReclaimRule(SlotAccounts accounts, SlotTally tally)
{
    /// <summary>
    /// When the protection or turn that kept a slot ends, or the next bound (Unix milliseconds); MaxValue if none does.
    /// </summary>
    public long LookAgainAt { get; private set; } = long.MaxValue;

    /// <summary>
    /// Returns the accounts that must give slots back, with their new limits. Call <see cref="SlotAccounts.Divide"/>
    /// first. If <paramref name="held"/> is too low, the queue keeps the slots that it uses.
    /// </summary>
    public IReadOnlyList<(SlotAccount Account, int Limit)> Take(Func<string, ResourceVector, int> held, long now)
    {
        LookAgainAt = long.MaxValue;
        if (tally.Free < 0)
            return TakeSurplus();
        return TakeSlots(held, now) is { Count: > 0 } slots ? slots : TakeResources(held, now);
    }

    private IReadOnlyList<(SlotAccount Account, int Limit)> TakeSlots(Func<string, ResourceVector, int> held, long now)
    {
        if (accounts.Next(now) is not { } wanting || tally.Free > 0)
            return [];
        var unused = TakeUnused(wanting, held, now);
        // Waits for a protection to end rather than take a slot that is in use.
        if (unused.Count > 0 || LookAgainAt < long.MaxValue)
            return unused;
        // Waits for the answer, which may free a slot.
        if (accounts.IsReclaimingFor(wanting))
            return [];
        if (accounts.Giver(wanting, held) is { } giver)
            return IsProtected(giver, now) ? [] : [(giver, giver.Reserved - CountOf(giver, wanting))];
        if (accounts.UntilTurn(wanting) is var turn and < long.MaxValue)
            LookAgainAt = now + turn;
        return [];
    }

    /// <summary>
    /// Returns all whole slots that the giver has beyond its share and the other lacks, so that reaching both shares
    /// does not take as many rounds as slots.
    /// </summary>
    private static int CountOf(SlotAccount giver, SlotAccount wanting) =>
        Math.Max(1, Math.Min(giver.Reserved - giver.Ceiling, wanting.Floor - wanting.Reserved));

    private List<(SlotAccount Account, int Limit)> TakeUnused(
        SlotAccount wanting, Func<string, ResourceVector, int> held, long now)
    {
        var taken = new List<(SlotAccount Account, int Limit)>();
        var need = Math.Min(wanting.Target, tally.Slots) - wanting.Reserved;
        foreach (var account in accounts.All)
        {
            if (need == 0)
                break;
            if (account == wanting || account.IsReclaiming || account.UsesAll(now))
                continue;
            var count = Math.Min(need, account.Reserved - held(account.Queue, account.Shape));
            if (count <= 0 || IsProtected(account, now))
                continue;
            need -= count;
            taken.Add((account, account.Reserved - count));
        }

        return taken;
    }

    /// <summary>
    /// Takes leases back whose resources an account lacks: those that no attempt uses, if they are enough. The account
    /// that reserves comes first; it also gets the next leases that end, by lower limits. The others follow, the
    /// longest-waiting first, until one can get enough: a task that waits for more than is unused must not keep unused
    /// leases from all others.
    /// </summary>
    private IReadOnlyList<(SlotAccount Account, int Limit)> TakeResources(Func<string, ResourceVector, int> held, long now)
    {
        List<SlotAccount>? lacking = null;
        foreach (var account in accounts.All)
        {
            // The answer may free what is missing.
            if (account.IsReclaiming)
                return [];
            // What is freed for an account that may not pass the reservation would be kept for its holder.
            if (account.Lacks(now, tally.Slots) && tally.Reservation?.LetsPass(account, now) != false)
                (lacking ??= []).Add(account);
        }

        // When a bound ends, its account gives back what it does not use.
        foreach (var account in accounts.All)
        {
            if (account.EndsBy > now)
                LookAgainAt = Math.Min(LookAgainAt, account.EndsBy);
        }

        LookAgainAt = Math.Min(LookAgainAt, accounts.NextResourceTurn);
        return lacking is null ? [] : TakeFor(lacking, held, now);
    }

    private IReadOnlyList<(SlotAccount Account, int Limit)> TakeFor(
        List<SlotAccount> lacking, Func<string, ResourceVector, int> held, long now)
    {
        var reclaim = new ResourceReclaim(accounts.All, tally, held, account => IsProtected(account, now), now);
        var inOrder = lacking.OrderByDescending(account => account == tally.Reserving)
            .ThenBy(static account => account.WaitingSince).ThenBy(static account => account.LastGrant);
        foreach (var account in inOrder)
        {
            if (reclaim.TakeFor(account) is { Count: > 0 } taken)
                return taken;
        }

        return [];
    }

    /// <summary>
    /// Takes the surplus from the queue with the most slots: the worker brought more attempts than it has slots, or
    /// fewer tasks are now sent ahead. Waits for unanswered reclaims, so that two queues do not give the same surplus
    /// back.
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

    /// <summary>Returns whether a grant is protected; if so, notes its end for <see cref="LookAgainAt"/>.</summary>
    private bool IsProtected(SlotAccount account, long now)
    {
        if (account.ProtectedUntil <= now)
            return false;
        LookAgainAt = Math.Min(LookAgainAt, account.ProtectedUntil);
        return true;
    }
}
