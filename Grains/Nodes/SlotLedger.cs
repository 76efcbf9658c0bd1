namespace OrleansTasks.Nodes;

/// <summary>
/// Divides the slots of one node session among the queues, so that their dispatchers together do not send the
/// worker more attempts than it has room for. A dispatcher is the grain that owns a queue. The node's
/// grain (<see cref="NodeGrain"/>) tells the ledger the demands. <see cref="SlotSharing"/> sends the offers and
/// reclaims that the ledger returns. The ledger itself performs no I/O and reads no clock. Each session, from one
/// registration of the worker to the next, has a new ledger. Times are Unix milliseconds of the node grain's steady
/// clock.
/// </summary>
/// <remarks>
/// Terms:
/// <list type="bullet">
/// <item>Demand: a dispatcher states how many slots its queue holds, and how many more it wants
/// (<see cref="Want"/>).</item>
/// <item>Reserved: the slots that a queue may be using. <c>Free + sum of reserved = slots</c>.</item>
/// <item>Limit: the number of leases (attempts) that the queue may hold on the node, as last told to it.</item>
/// <item>Offer: a message with the limit. Reclaim: an offer of a lower limit, which is answered.</item>
/// <item>Epoch: the number of one ownership of the queue. A new owner knows nothing of earlier offers.</item>
/// <item>Share: the slots that are the queue's by its weight, as others want slots, too; maybe with a
/// fraction (<see cref="SlotShares"/>).</item>
/// </list>
/// <para>
/// Lost messages: an offer states the whole limit, not a change of it, and has a version. So a lost, duplicated or late
/// offer does no harm; the ledger sends the offer again when the next demand shows that the queue holds less than
/// it may. A slot leaves a queue only when the queue, or a newer epoch of it, states that it keeps less. No
/// timeout frees a slot, because the dispatcher may have filled it.
/// </para>
/// <para>
/// Who gets a slot: a free slot goes to a queue that wants one, first to those that have less than their share
/// (<see cref="SlotAccounts"/>). A queue keeps an unused slot until another queue wants a slot. A slot in use
/// leaves a queue when its attempt ends, if the queue has more than its share. A new grant is protected for
/// 10 ms, or until the queue has used it (<see cref="ReclaimRule"/>).
/// </para>
/// </remarks>
internal sealed class SlotLedger
{
    /// <summary>
    /// How long a queue's demand counts after the queue last stated it, in milliseconds. A dispatcher repeats
    /// an unanswered demand after half of this time.
    /// </summary>
    private const long DemandTerm = 10_000;

    /// <summary>
    /// How long a new grant is protected from reclaims, in milliseconds.
    /// A queue needs about this long, a few commits, to use a grant.
    /// </summary>
    private const long GrantProtection = 10;

    private readonly string node;
    private readonly SlotTally tally;
    private readonly SlotAccounts accounts;
    private readonly ReclaimRule reclaims;

    // The version of the latest offer or reclaim to any queue. Dispatchers ignore lower versions than they have
    // seen.
    private long version;

    // The number of slots granted so far; decides the order among accounts that have waited since the same millisecond.
    private long grants;

    public SlotLedger(string node, long session, int slots)
    {
        (this.node, Session) = (node, session);
        tally = new SlotTally(slots);
        accounts = new SlotAccounts(tally);
        reclaims = new ReclaimRule(accounts, tally);
    }

    /// <summary>The number of the node's session.</summary>
    public long Session { get; }

    /// <summary>
    /// The number of slots that the node has. Includes slots for tasks that are sent ahead, to wait at the worker until
    /// a running task ends.
    /// </summary>
    public int Slots => tally.Slots;

    /// <summary>
    /// An upper bound of the number of leases that have existed at one time in this session. Only the simulator's
    /// checks read it.
    /// </summary>
    public int MostLeases => tally.MostLeases;

    /// <summary>The accounts of the queues. Only the simulator's checks read them.</summary>
    internal SlotAccounts Accounts => accounts;

    /// <summary>
    /// When to call <see cref="TakeReclaims"/> again, because the latest call spared a protected grant or a turn: the end
    /// of the protection or of the turn. <see cref="long.MaxValue"/> when the latest call spared none.
    /// </summary>
    public long LookAgainAt => reclaims.LookAgainAt;

    /// <summary>
    /// The number of slots that are not reserved for a queue. Negative when the worker brought more attempts from
    /// an earlier session than the node has slots, or when <see cref="Resize"/> removed reserved slots.
    /// </summary>
    public int Free => tally.Free;

    /// <summary>
    /// Changes the number of slots, when more or fewer tasks are sent ahead. When more slots are reserved than remain,
    /// the next <see cref="TakeReclaims"/> reclaims the surplus.
    /// </summary>
    public void Resize(int newSlots) => tally.Resize(newSlots);

    /// <summary>
    /// The queues that have slots, or whose demand has not expired. The node's grain renews leases with each of
    /// them at every heartbeat, even if the worker has no attempt of theirs: that shows a dispatcher which commands
    /// were lost.
    /// </summary>
    public IEnumerable<string> QueuesAt(long now) =>
        accounts.All.Where(account => account.Reserved > 0 || account.WantedUntil >= now).Select(static account => account.Queue);

    /// <summary>
    /// Reserves a slot for an attempt that the worker brought from an earlier session, even if none is free. Called for
    /// each such attempt before anything else.
    /// </summary>
    public void ReserveHeld(string queue) => accounts.Of(queue).Reserved++;

    /// <summary>
    /// Records how many slots a queue holds and wants. A demand of a newer epoch voids the offers to older epochs
    /// and reserves only the slots that the newer epoch holds. A demand of an older epoch is ignored. The caller has
    /// checked that the demand is for this session; afterwards it calls <see cref="Grant"/>.
    /// </summary>
    public void Want(SlotDemand demand, long now)
    {
        var account = accounts.Of(demand.Queue);
        if (demand.Epoch < account.Epoch)
            return;
        accounts.Settle(now);
        account.Weight = Math.Max(1, demand.Weight);
        if (demand.Epoch > account.Epoch)
        {
            // At most what the queue had plus what is free, whatever the demand states.
            var most = account.Reserved + Math.Max(0, Free);
            account.Begin(demand.Epoch, Math.Min(demand.Held, most));
            account.IsOfferDue = account.Reserved > 0;
        }

        SetDemand(account, demand.Held, demand.Count, now);
        // The queue holds less than its reservation: an offer was lost, is still on its way, or is not used yet.
        // Send the offer again; a second one does no harm.
        account.IsOfferDue |= demand.Held < account.Reserved;
    }

    /// <summary>
    /// Grants the free slots, one at a time, to the queues that want slots. Returns the offers to send, at most one
    /// for each queue: for new grants, for offers that may have been lost, and for limits that are restored. A
    /// queue with an unanswered reclaim gets none.
    /// </summary>
    public IReadOnlyList<SlotOffer> Grant(long now)
    {
        accounts.Divide(now);
        while (Free > 0 && accounts.Next(now) is { } account)
        {
            account.Limit = ++account.Reserved;
            account.WaitingSince = now;
            account.LastGrant = ++grants;
            account.ProtectedUntil = now + GrantProtection;
            account.IsOfferDue = true;
        }

        List<SlotOffer>? offers = null;
        foreach (var account in accounts.All)
        {
            if (account.IsReclaiming)
                continue;
            // A reclaim lowered the limit, but the queue still has the slots: it kept them, or did not answer. If
            // the queue could use the slots and need not give them to another one, restore the limit.
            account.IsOfferDue |= account.Limit < account.Reserved && account.IsShort(now) && !accounts.MustGiveToAny(account, now);
            if (!account.IsOfferDue)
                continue;
            // While the queue must give a slot to another one, the offer repeats the lower limit, so as not to undo
            // the reclaim.
            if (!accounts.MustGiveToAny(account, now))
            {
                account.Limit = account.Reserved;
                account.IsGiving = false;
            }

            account.IsOfferDue = false;
            (offers ??= []).Add(OfferTo(account));
        }

        return offers ?? [];
    }

    /// <summary>
    /// Records that a queue has sent an attempt to the worker. This ends the protection of the queue's latest
    /// grant: the protection exists only to give the queue time for its first use.
    /// </summary>
    public void NoteUse(string queue) => accounts.Of(queue).ProtectedUntil = 0;

    /// <summary>
    /// Returns the reclaims to send when a queue wants slots and none is free, or when more slots are reserved than
    /// the node has. The caller passes each queue's answer to <see cref="Reclaimed"/>, or calls
    /// <see cref="ReclaimFailed"/>; until then the slots stay reserved, and the queue gets no offer.
    /// </summary>
    /// <param name="held">Returns how many attempts of a queue the worker has.</param>
    /// <param name="now">The current time.</param>
    public IReadOnlyList<SlotOffer> TakeReclaims(Func<string, int> held, long now)
    {
        accounts.Divide(now);
        return [.. reclaims.Take(held, now).Select(taken => ReclaimTo(taken.Account, taken.Limit))];
    }

    /// <summary>
    /// Returns reclaims of all slots from all queues. The node's grain calls this when the worker stops taking work
    /// or its command stream ends. A reclaim that is unanswered is replaced: its answer will be ignored.
    /// </summary>
    public IReadOnlyList<SlotOffer> TakeAllReclaims() =>
        [.. accounts.All.Where(static account => account.Reserved > 0).Select(account => ReclaimTo(account, 0))];

    /// <summary>
    /// Takes a queue's answer to a reclaim and frees the slots that the queue does not keep. Returns false when
    /// the answer frees no slot; the caller then does not send the reclaim again at once, because the answer would be
    /// the same. Ignores an answer to an earlier reclaim, session or epoch.
    /// </summary>
    public bool Reclaimed(SlotReturn answer, long now)
    {
        var account = accounts.Of(answer.Queue);
        if (answer.Session != Session || answer.Version != account.ReclaimVersion || answer.Epoch < account.Epoch)
            return false;
        accounts.Settle(now);
        var kept = Math.Min(account.Reserved, answer.Kept);
        var isFreed = kept < account.Reserved;
        if (answer.Epoch > account.Epoch)
            account.Begin(answer.Epoch, kept);
        else
        {
            account.Reserved = kept;
            account.Limit = Math.Min(account.Limit, kept);
            account.ReclaimVersion = 0;
            account.IsGiving = account.Limit < kept;
        }

        SetDemand(account, answer.Kept, answer.Wanted, now);
        return isFreed;
    }

    /// <summary>
    /// Ends the wait for the answer to a reclaim, when the call to the dispatcher has failed. No slot is freed.
    /// <see cref="TakeReclaims"/> may choose the queue again. Does nothing when the reclaim has been answered.
    /// </summary>
    public void ReclaimFailed(SlotOffer reclaim)
    {
        var account = accounts.Of(reclaim.Queue);
        if (account.ReclaimVersion == reclaim.Version)
            account.ReclaimVersion = 0;
    }

    /// <summary>Whether any queue wants more slots than it has and has no reclaim to answer.</summary>
    public bool HasUnmetDemand(long now) => accounts.AnyWants(now);

    /// <summary>
    /// Sets a queue's target to what it holds plus what it wants. A demand that renews an unmet one keeps the
    /// queue's place in the order of waiting.
    /// </summary>
    private void SetDemand(SlotAccount account, int held, int more, long now)
    {
        if (!account.Wants(now, Slots))
            account.WaitingSince = now;
        account.Target = held + more;
        account.WantedUntil = more > 0 ? now + DemandTerm : 0;
    }

    private SlotOffer OfferTo(SlotAccount account) =>
        new(account.Queue, account.Epoch, node, Session, ++version, account.Limit)
        { Share = account.IsBoundByShare ? account.Share / Slots : 1 };

    private SlotOffer ReclaimTo(SlotAccount account, int limit)
    {
        account.Limit = limit;
        account.IsGiving = false;
        var reclaim = OfferTo(account);
        account.ReclaimVersion = reclaim.Version;
        return reclaim;
    }
}
