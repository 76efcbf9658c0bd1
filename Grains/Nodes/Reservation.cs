using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>
/// What a node keeps for one account, whose task is large and has waited long, and which other accounts may pass it.
/// This is EASY backfill (Lifka, "The ANL/IBM SP Scheduling System", 1995), with resources in place of processors.
/// Times are Unix milliseconds of the node grain's steady clock.
/// </summary>
/// <remarks>
/// The reservation begins at <see cref="StartsAt"/>, when enough of the attempts that run now have ended, each as late
/// as its timeout allows. Another account that takes the same resources gets a lease meanwhile if one of these holds:
/// <list type="bullet">
/// <item>Its attempts may stay: what the node offers covers the reserved task and all leases that others keep.</item>
/// <item>Its shortest task ends before the reservation begins. All attempts that begin under its offers must then end
/// by that time (<see cref="SlotAccount.EndsBy"/>).</item>
/// </list>
/// An object is valid until an attempt or a demand changes; <see cref="SlotAccounts.Divide"/> makes a new one. Since
/// attempts usually end before their timeouts, the reservation usually begins earlier in the next one.
/// </remarks>
internal sealed class Reservation
{
    // What accounts without a bound may still take of each resource of the shape.
    private readonly Dictionary<string, long> spare = new(StringComparer.Ordinal);

    public Reservation(
        SlotAccount holder, SlotTally tally, IEnumerable<SlotAccount> accounts, IEnumerable<RunningAttempt> running)
    {
        Holder = holder;
        StartsAt = FindStart(tally, running);
        foreach (var one in holder.Shape.Amounts)
            spare[one.Name] = tally.Offered[one.Name] - one.Amount;
        foreach (var account in accounts)
        {
            if (account != holder && !IsBound(account))
                Keep(account.Shape, Math.Min(account.Limit, account.Reserved));
        }
    }

    /// <summary>The account for which the node keeps what becomes free.</summary>
    public SlotAccount Holder { get; }

    /// <summary>When the holder has what it needs at the latest; 0 if unknown, so that no account passes.</summary>
    public long StartsAt { get; }

    /// <summary>
    /// Returns whether all attempts that the account begins from now on end before the reservation begins.
    /// </summary>
    public bool IsBound(SlotAccount account) => account.EndsBy > 0 && account.EndsBy <= StartsAt;

    /// <summary>Returns whether the account's next attempts could delay the holder's.</summary>
    public bool IsInTheWay(SlotAccount account) =>
        account != Holder && Holder.Shape.Overlaps(account.Shape) && !IsBound(account);

    /// <summary>Returns whether the reservation does not keep the account from one more lease.</summary>
    public bool LetsPass(SlotAccount account, long now) =>
        account == Holder || !account.Shape.Overlaps(Holder.Shape) || MayStay(account) || EndsInTime(account, now);

    /// <summary>Notes that the account gets a lease, and sets its bound.</summary>
    public void Granted(SlotAccount account)
    {
        if (account == Holder || !account.Shape.Overlaps(Holder.Shape))
            return;
        if (MayStay(account))
            Keep(account.Shape, 1);
        else
            (account.EndsBy, account.IsGiving) = (StartsAt, false);
    }

    // An account that gives leases back could use another one only in place of these.
    private bool MayStay(SlotAccount account)
    {
        if (account.EndsBy > 0 || account.Limit < account.Reserved)
            return false;
        foreach (var one in account.Shape.Amounts)
        {
            if (spare.TryGetValue(one.Name, out var left) && one.Amount > left)
                return false;
        }

        return true;
    }

    private bool EndsInTime(SlotAccount account, long now) => account.Lasts > 0 && account.Lasts <= StartsAt - now;

    private void Keep(ResourceVector shape, int leases)
    {
        foreach (var one in shape.Amounts)
        {
            if (spare.TryGetValue(one.Name, out var left))
                spare[one.Name] = left - (leases * one.Amount);
        }
    }

    private long FindStart(SlotTally tally, IEnumerable<RunningAttempt> running)
    {
        var missing = new ResourceShortage(Holder.Shape, tally);
        var endsBy = 0L;
        foreach (var attempt in running.OrderBy(static attempt => attempt.EndsBy))
        {
            if (missing.IsCovered)
                break;
            if (missing.TryCover(attempt.Shape, 1))
                endsBy = attempt.EndsBy;
        }

        return missing.IsCovered && endsBy < long.MaxValue ? endsBy : 0;
    }
}
