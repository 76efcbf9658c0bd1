using OrleansTasks.Resources;

namespace OrleansTasks.Nodes;

/// <summary>
/// Divides the slots of one node session among the queues, so that dispatchers together do not send more attempts than
/// the worker has room for. Does no I/O and reads no clock. Times are Unix milliseconds of the node grain's steady
/// clock.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>Demand: a dispatcher states how many slots its queue holds and how many more it wants.</item>
/// <item>Reserved: slots that a queue may be using. <c>Free + sum of reserved = slots</c>.</item>
/// <item>Limit: the leases that the queue may hold on the node, as last sent to it.</item>
/// <item>Offer: a message with the limit. Reclaim: an offer of a lower limit, which is answered.</item>
/// <item>Share: the queue's slots by its weight while others want some, perhaps with a fraction.</item>
/// </list>
/// An offer states the whole limit and has a version, so a lost, duplicated or late offer does no harm. A slot leaves a
/// queue only when the queue, or a newer epoch of it, states that it keeps less. No timeout frees a slot, because the
/// dispatcher may have filled it. Free slots go first to queues below their share. A queue keeps an unused slot until
/// another wants it; above its share, it gives a used slot when the attempt ends.
/// </remarks>
internal sealed class SlotLedger
{
    /// <summary>Milliseconds for which a demand counts; dispatchers repeat it after half of them.</summary>
    private const long DemandTerm = 10_000;

    /// <summary>Milliseconds for which a grant is protected: a queue needs a few commits to use it.</summary>
    private const long GrantProtection = 10;

    private readonly string node;
    private readonly SlotTally tally;
    private readonly SlotAccounts accounts;
    private readonly ReclaimRule reclaims;

    // Version of the latest offer or reclaim to any queue. Dispatchers ignore lower versions than they have seen.
    private long version;

    // The number of grants; orders accounts that have waited since the same millisecond.
    private long grants;

    /// <summary>
    /// Creates a ledger. <paramref name="running"/> returns the attempts that the worker may have; without it, no task
    /// passes a <see cref="Reservation"/>.
    /// </summary>
    public SlotLedger(
        string node, long session, int slots, ResourceVector? offered = null,
        Func<IEnumerable<RunningAttempt>>? running = null)
    {
        (this.node, Session) = (node, session);
        tally = new SlotTally(slots, offered ?? ResourceVector.None);
        accounts = new SlotAccounts(tally, running ?? (static () => []));
        reclaims = new ReclaimRule(accounts, tally);
    }

    public long Session { get; }

    /// <summary>Number of slots, including those for tasks that are sent ahead.</summary>
    public int Slots => tally.Slots;

    /// <summary>An upper bound on the leases at any one time; read by the simulator's checks.</summary>
    public int MostLeases => tally.MostLeases;

    /// <summary>Read by the simulator's checks.</summary>
    internal SlotAccounts Accounts => accounts;

    /// <summary>What the node keeps for an account that has waited long; null for nothing.</summary>
    internal Reservation? Reservation => tally.Reservation;

    /// <summary>When to call <see cref="TakeReclaims"/> again: a protection or turn that kept a slot ends.</summary>
    public long LookAgainAt => reclaims.LookAgainAt;

    /// <summary>Free slots; negative if the worker brought too many attempts, or after <see cref="Resize"/>.</summary>
    public int Free => tally.Free;

    /// <inheritdoc cref="SlotTally.MostOf"/>
    public long MostOf(string resource) => tally.MostOf(resource);

    /// <summary>What the node offers besides slots, and how much of it is reserved.</summary>
    public ImmutableArray<ResourceUse> Resources =>
        [.. tally.Offered.Amounts.Select(one => new ResourceUse(one.Name, one.Amount, one.Amount - tally.FreeOf(one.Name)))];

    public void Resize(int newSlots) => tally.Resize(newSlots);

    /// <summary>
    /// Returns the queues to renew with at every heartbeat: even without attempts, a call shows a dispatcher which
    /// commands were lost.
    /// </summary>
    public IEnumerable<string> QueuesAt(long now) =>
        accounts.All.Where(account => account.Reserved > 0 || account.WantedUntil >= now)
            .Select(static account => account.Queue).Distinct();

    /// <summary>Reserves a slot, free or not, for an attempt of an earlier session.</summary>
    public void ReserveHeld(string queue, ResourceVector? shape = null)
    {
        accounts.Of(queue, shape ?? ResourceVector.None).Reserved++;
        tally.NoteBrought(shape ?? ResourceVector.None);
    }

    /// <summary>
    /// Records a demand; the caller then calls <see cref="Grant"/>. A newer epoch keeps only the slots that it holds;
    /// an older one is ignored.
    /// </summary>
    public void Want(SlotDemand demand, long now)
    {
        var account = accounts.Of(demand.Queue, demand.Shape ?? ResourceVector.None);
        if (demand.Epoch < account.Epoch)
            return;
        accounts.Settle(now);
        accounts.SetWeight(demand.Queue, Math.Max(1, demand.Weight));
        if (demand.Epoch > account.Epoch)
        {
            // At most what the queue had plus what is free, whatever the demand states.
            var most = account.Reserved + Math.Min(Math.Max(0, Free), RoomFor(account.Shape));
            account.Begin(demand.Epoch, Math.Min(demand.Held, most));
            account.IsOfferDue = account.Reserved > 0;
        }

        SetDemand(account, demand.Held, demand.Count, demand.Lasts, now);
        account.Reserves = demand.Reserves;
        // An offer was lost, is on its way, or is not used yet. Sending it again does no harm.
        account.IsOfferDue |= demand.Held < account.Reserved || account.EndsBy > 0;
    }

    /// <summary>
    /// Grants free slots one at a time, and returns at most one offer per queue: for grants, possibly lost offers, and
    /// restored limits. A queue with an unanswered reclaim gets none.
    /// </summary>
    public IReadOnlyList<SlotOffer> Grant(long now)
    {
        accounts.Divide(now);
        while (Free > 0 && accounts.Next(now) is { } account)
        {
            tally.Reservation?.Granted(account);
            var isReserving = account == tally.Reserving;
            account.Reserved++;
            account.Raise();
            account.WaitingSince = now;
            account.LastGrant = ++grants;
            account.ProtectedUntil = now + GrantProtection;
            account.IsOfferDue = true;
            if (!isReserving)
                continue;
            // It has what it waited for. What is left is kept for the next that reserves, or others may have it.
            account.Reserves = false;
            accounts.EndTurn(now);
        }

        List<SlotOffer>? offers = null;
        foreach (var account in accounts.All)
        {
            if (account.IsReclaiming)
                continue;
            if (account.EndsBy > 0 && tally.Reservation?.IsAbout(account) != true)
            {
                account.Unbind();
                account.IsOfferDue = true;
            }

            // After a reclaim, the queue still has the slots: it kept them or did not answer. Restore the limit if it
            // could use them and need not give them to another.
            account.IsOfferDue |= account.Limit < account.Reserved && account.IsShort(now) && !accounts.MustGiveToAny(account, now);
            if (!account.IsOfferDue)
                continue;
            // While the queue must give a slot, repeat the lower limit, which does not undo the reclaim.
            if (!accounts.MustGiveToAny(account, now))
                account.Raise();

            account.IsOfferDue = false;
            (offers ??= []).Add(OfferTo(account));
        }

        return offers ?? [];
    }

    /// <summary>Ends the protection of the latest grant: the queue has sent an attempt to the worker.</summary>
    public void NoteUse(string queue, ResourceVector? shape = null) =>
        accounts.Of(queue, shape ?? ResourceVector.None).ProtectedUntil = 0;

    /// <summary>
    /// Returns reclaims. The caller passes each answer to <see cref="Reclaimed"/> or calls <see cref="ReclaimFailed"/>;
    /// until then the slots stay reserved, and the queue gets no offer.
    /// </summary>
    public IReadOnlyList<SlotOffer> TakeReclaims(Func<string, ResourceVector, int> held, long now)
    {
        accounts.Divide(now);
        return [.. reclaims.Take(held, now).Select(taken => ReclaimTo(taken.Account, taken.Limit))];
    }

    /// <summary>Reclaims all slots. Answers to earlier reclaims will be ignored.</summary>
    public IReadOnlyList<SlotOffer> TakeAllReclaims() =>
        [.. accounts.All.Where(static account => account.Reserved > 0).Select(account => ReclaimTo(account, 0))];

    /// <summary>Frees the slots not kept and returns whether there are any; if not, do not ask again at once.</summary>
    public bool Reclaimed(SlotReturn answer, long now)
    {
        var account = accounts.Of(answer.Queue, answer.Shape ?? ResourceVector.None);
        if (answer.Session != Session || answer.Version != account.ReclaimVersion || answer.Epoch < account.Epoch)
            return false;
        accounts.Settle(now);
        var kept = Math.Min(account.Reserved, answer.Kept);
        var isFreed = kept < account.Reserved;
        if (answer.Epoch > account.Epoch)
            account.Begin(answer.Epoch, kept);
        else
            account.Agree(kept);

        SetDemand(account, answer.Kept, answer.Wanted, answer.Lasts, now);
        return isFreed;
    }

    /// <summary>Ends the wait for an answer. Frees no slot; the queue may be chosen again.</summary>
    public void ReclaimFailed(SlotOffer reclaim)
    {
        var account = accounts.Of(reclaim.Queue, reclaim.Shape ?? ResourceVector.None);
        if (account.ReclaimVersion == reclaim.Version)
            account.ReclaimVersion = 0;
    }

    public bool HasUnmetDemand(long now) => accounts.AnyWants(now);

    /// <summary>Sets the demand. Renewing an unmet demand keeps the queue's place in the order of waiting.</summary>
    private void SetDemand(SlotAccount account, int held, int more, long lasts, long now)
    {
        if (!account.Asks(now, Slots))
            account.WaitingSince = now;
        account.Target = held + more;
        account.Lasts = lasts;
        account.WantedUntil = more > 0 ? now + DemandTerm : 0;
    }

    // How many leases more with these resources the node has room for, slots apart.
    private int RoomFor(ResourceVector shape)
    {
        var room = int.MaxValue;
        foreach (var one in shape.Amounts)
            room = (int)Math.Min(room, Math.Max(0, tally.FreeOf(one.Name)) / one.Amount);
        return room;
    }

    private SlotOffer OfferTo(SlotAccount account) =>
        new(account.Queue, account.Epoch, node, Session, ++version, account.Limit)
        {
            Share = account.IsBoundByShare ? account.Share / Slots : 1,
            Shape = account.Shape.IsEmpty ? null : account.Shape,
            EndsBy = account.EndsBy,
        };

    private SlotOffer ReclaimTo(SlotAccount account, int limit)
    {
        account.Limit = limit;
        account.IsGiving = false;
        var reclaim = OfferTo(account);
        account.ReclaimVersion = reclaim.Version;
        return reclaim;
    }
}
