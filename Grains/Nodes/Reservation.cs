using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>
/// What a node keeps for one account, whose task is large and has waited long or whose queue is behind its share, and
/// which other accounts may pass it.
/// This is EASY backfill (Lifka, "The ANL/IBM SP Scheduling System", 1995), with resources in place of processors.
/// Times are Unix milliseconds of the node grain's steady clock.
/// </summary>
/// <remarks>
/// Other accounts give leases to the holder (<see cref="ResourceReclaim"/>): their queues agree to a lower limit, so a
/// lease becomes free when an attempt ends. The reservation begins at <see cref="StartsAt"/>, when enough leases that
/// were given, or that have a bound, have become free, each as late as the timeout of its attempt allows. An account
/// that takes the same resources gets another lease meanwhile if one of these holds:
/// <list type="bullet">
/// <item>It may stay: what the node offers covers the reserved task and all leases that are not free by then.</item>
/// <item>Its shortest task ends before the reservation begins. All attempts that begin under its offers must then end
/// by that time (<see cref="SlotAccount.EndsBy"/>).</item>
/// </list>
/// An object is valid until an attempt or a demand changes; <see cref="SlotAccounts.Divide"/> makes a new one. A begin
/// that is known never becomes later; it becomes earlier when an attempt ends before its timeout. Slots are not part of
/// a reservation.
/// </remarks>
internal sealed class Reservation
{
    // What others may take of each resource of the shape without delaying the holder.
    private readonly Dictionary<string, long> spare = new(StringComparer.Ordinal);

    private readonly LeaseEnds ends;

    public Reservation(
        SlotAccount holder, SlotTally tally, IReadOnlyCollection<SlotAccount> accounts,
        IEnumerable<RunningAttempt> running, long now, IReadOnlySet<SlotAccount>? givers = null)
    {
        (Holder, ends, Givers) = (holder, new LeaseEnds(running), givers);
        var others = accounts.Where(IsAbout).ToArray();
        StartsAt = FindStart(tally, others, now);
        // The holder's own leases stay with it: its queue starts its next task with each.
        foreach (var one in holder.Shape.Amounts)
            spare[one.Name] = tally.Offered[one.Name] - ((holder.Reserved + 1) * one.Amount);
        foreach (var account in others)
            Keep(account.Shape, account.Reserved - FreeBy(account, StartsAt > 0 ? StartsAt : long.MaxValue));
    }

    /// <summary>The account for which the node keeps what becomes free.</summary>
    public SlotAccount Holder { get; }

    /// <summary>The accounts that give leases to the holder; null for all.</summary>
    public IReadOnlySet<SlotAccount>? Givers { get; }

    /// <summary>Whether the holder's queue is due a turn; otherwise its task has waited long.</summary>
    public bool IsTurn { get; init; }

    /// <summary>When the holder has what it needs at the latest; 0 if unknown, so that no account passes by time.</summary>
    public long StartsAt { get; }

    /// <summary>Returns whether the account takes what is kept for the holder.</summary>
    public bool IsAbout(SlotAccount account) => account != Holder && Holder.Shape.Overlaps(account.Shape);

    /// <summary>Returns whether the account must not use more leases than it was told it may.</summary>
    public bool IsInTheWay(SlotAccount account) => IsAbout(account) && account.EndsBy == 0;

    /// <summary>Returns whether the reservation does not keep the account from one more lease.</summary>
    public bool LetsPass(SlotAccount account, long now) =>
        !IsAbout(account) || MayStay(account) || EndsInTime(account, now);

    /// <summary>Notes that the account gets a lease, and sets its bound.</summary>
    public void Granted(SlotAccount account)
    {
        if (!IsAbout(account))
            return;
        if (MayStay(account))
            Keep(account.Shape, 1);
        else
            account.Bind(StartsAt);
    }

    /// <summary>
    /// Returns how many of the account's leases are free and were given, so that its queue can be asked for them.
    /// </summary>
    public int FreeOf(SlotAccount account, long now) => IsAbout(account) ? FreeBy(account, now) : 0;

    /// <summary>
    /// Returns which accounts must give how many leases more, so that the holder gets what it lacks as early as the
    /// attempts that run allow.
    /// </summary>
    public IReadOnlyDictionary<SlotAccount, int> ToGive(
        SlotTally tally, IEnumerable<SlotAccount> accounts, Func<SlotAccount, bool> isProtected)
    {
        var leases = new List<(SlotAccount Account, long At, bool IsGiven)>();
        foreach (var account in accounts)
        {
            if (!IsAbout(account) || isProtected(account))
                continue;
            var given = account.Reserved - account.Kept;
            if (given == 0 && Givers?.Contains(account) == false)
                continue;
            leases.AddRange(ends.Of(account).Select((at, index) => (account, at, index < given)));
        }

        var missing = new ResourceShortage(Holder.Shape, tally);
        var more = new Dictionary<SlotAccount, int>();
        foreach (var (account, _, isGiven) in leases.OrderBy(static lease => lease.At)
            .ThenByDescending(lease => lease.Account.Shape.DominantPartOf(tally.Offered)))
        {
            if (missing.IsCovered)
                break;
            if (missing.TryCover(account.Shape, 1) && !isGiven)
                more[account] = more.GetValueOrDefault(account) + 1;
        }

        return more;
    }

    // An account that has given leases could use another one only in place of these.
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

    private bool EndsInTime(SlotAccount account, long now) =>
        account.Lasts > 0 && account.Lasts <= StartsAt - now && account.EndsBy <= StartsAt && account.Epoch > 0;

    private void Keep(ResourceVector shape, int leases)
    {
        foreach (var one in shape.Amounts)
        {
            if (spare.TryGetValue(one.Name, out var left))
                spare[one.Name] = left - (leases * one.Amount);
        }
    }

    private int FreeBy(SlotAccount account, long time) => GivenBy(account).Count(at => at <= time);

    // When the leases that the account must give, or has with a bound, become free.
    private IEnumerable<long> GivenBy(SlotAccount account) => ends.Of(account).Take(account.Reserved - account.Kept);

    private long FindStart(SlotTally tally, IEnumerable<SlotAccount> others, long now)
    {
        var missing = new ResourceShortage(Holder.Shape, tally);
        var given = others.SelectMany(account => GivenBy(account).Select(at => (account.Shape, At: at)))
            .Where(static lease => lease.At < long.MaxValue);
        var startsAt = now;
        foreach (var (shape, at) in given.OrderBy(static lease => lease.At))
        {
            if (missing.IsCovered)
                break;
            if (missing.TryCover(shape, 1))
                startsAt = Math.Max(at, now);
        }

        return missing.IsCovered ? startsAt : 0;
    }
}
