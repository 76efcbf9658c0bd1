using OrleansTasks.Queues;

namespace OrleansTasks.Nodes;

/// <summary>
/// Divides the slots of one node session among the partitions. The node's grain calls the ledger and sends the offers
/// and reclaims that the ledger returns; the ledger itself performs no I/O and reads no clock.
/// Times are Unix milliseconds.
/// <para>
/// Invariant: <c>free + sum of reserved = slots</c> (<see cref="SlotTally"/>).
/// An offer states a limit: the number of leases that a partition may hold on the node.
/// A limit is a level, not an increment, so a lost, duplicated or late offer does no harm.
/// </para>
/// <para>
/// An offered slot stays reserved until the partition, or a newer epoch of the partition, confirms a lower limit.
/// No timeout frees a slot. A free slot goes to the partition that wants a slot and has the fewest slots; among equals,
/// to the partition that has waited longest (<see cref="SlotAccounts"/>). A partition keeps an unused slot until
/// another partition wants a slot. A new grant is protected for 10 ms, or until the partition has used it
/// (<see cref="ReclaimRule"/>).
/// </para>
/// </summary>
internal sealed class SlotLedger
{
    /// <summary>How long a partition's demand counts after the partition last stated it, in milliseconds.</summary>
    private const long DemandTerm = 10_000;

    /// <summary>
    /// How long a new grant is protected from reclaims, in milliseconds.
    /// A partition needs about this long, a few commits, to use a grant.
    /// </summary>
    private const long GrantProtection = 10;

    private readonly string node;
    private readonly SlotTally tally;
    private readonly SlotAccounts accounts;
    private readonly ReclaimRule reclaims;
    private long version;
    private long grants;

    public SlotLedger(string node, long session, int slots)
    {
        (this.node, Session) = (node, session);
        tally = new SlotTally(slots);
        accounts = new SlotAccounts(tally);
        reclaims = new ReclaimRule(accounts, tally);
    }

    /// <summary>The number of the session.</summary>
    public long Session { get; }

    /// <summary>The number of slots that the node has, including slots for tasks that are sent ahead.</summary>
    public int Slots => tally.Slots;

    /// <summary>An upper bound of the number of leases that have existed at one time in this session.</summary>
    public int MostLeases => tally.MostLeases;

    /// <summary>
    /// The time at which the protection of a grant ends that kept <see cref="TakeReclaims"/> from reclaiming it.
    /// <see cref="long.MaxValue"/> when no protection did.
    /// </summary>
    public long LookAgainAt => reclaims.LookAgainAt;

    /// <summary>
    /// The number of slots that are not reserved for a partition. Negative when the worker brought more attempts from
    /// an earlier session than the node has slots, or when <see cref="Resize"/> removed reserved slots.
    /// </summary>
    public int Free => tally.Free;

    /// <summary>
    /// Changes the number of slots. When more slots are reserved than remain, <see cref="TakeReclaims"/> reclaims the
    /// surplus.
    /// </summary>
    public void Resize(int newSlots) => tally.Resize(newSlots);

    /// <summary>
    /// The partitions that have or want slots. The node's grain renews leases with each of them at every heartbeat.
    /// </summary>
    public IEnumerable<PartitionKey> PartitionsAt(long now) =>
        accounts.All.Where(account => account.Reserved > 0 || account.WantedUntil >= now).Select(static account => account.Partition);

    /// <summary>Reserves a slot for an attempt that the worker brought from an earlier session.</summary>
    public void ReserveHeld(PartitionKey partition) => accounts.Of(partition).Reserved++;

    /// <summary>
    /// Records how many slots a partition holds and wants. A demand of a newer epoch voids the offers to older epochs
    /// and reserves only the slots that the newer epoch holds. A demand of an older epoch is ignored.
    /// </summary>
    public void Want(SlotDemand demand, long now)
    {
        var account = accounts.Of(demand.Partition);
        if (demand.Epoch < account.Epoch)
            return;
        if (demand.Epoch > account.Epoch)
        {
            var most = account.Reserved + Math.Max(0, Free);
            account.Begin(demand.Epoch, Math.Min(demand.Held, most));
            account.IsOfferDue = account.Reserved > 0;
        }

        SetDemand(account, demand.Held, demand.Count, now);
        // A partition that holds less than its reservation has lost an offer, or an offer is still on its way: send the
        // offer again.
        account.IsOfferDue |= demand.Held < account.Reserved;
    }

    /// <summary>
    /// Grants the free slots, one at a time, to the partitions that want slots. Returns the offers to send.
    /// </summary>
    public IReadOnlyList<SlotOffer> Grant(long now)
    {
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
            // A reclaim lowered the limit, but the partition kept its slots and wants to use them, and no poorer
            // partition waits: restore the limit.
            account.IsOfferDue |= account.Limit < account.Reserved && account.Wants(now, Slots) && !accounts.IsRichForAny(account, now);
            if (!account.IsOfferDue)
                continue;
            if (!accounts.IsRichForAny(account, now))
                account.Limit = account.Reserved;
            account.IsOfferDue = false;
            (offers ??= []).Add(OfferTo(account));
        }

        return offers ?? [];
    }

    /// <summary>
    /// Records that a partition has sent an attempt to the worker. This ends the protection of the partition's latest
    /// grant.
    /// </summary>
    public void NoteUse(PartitionKey partition) => accounts.Of(partition).ProtectedUntil = 0;

    /// <summary>
    /// Returns the reclaims to send when a partition wants slots and none is free, or when more slots are reserved than
    /// the node has. A reclaim frees no slot until the partition answers it (<see cref="Reclaimed"/>).
    /// </summary>
    /// <param name="held">Returns how many attempts of a partition the worker has.</param>
    /// <param name="now">The current time.</param>
    public IReadOnlyList<SlotOffer> TakeReclaims(Func<PartitionKey, int> held, long now) =>
        [.. reclaims.Take(held, now).Select(taken => ReclaimTo(taken.Account, taken.Limit))];

    /// <summary>
    /// Returns reclaims of all slots from all partitions. The node's grain calls this when the worker stops taking
    /// work.
    /// </summary>
    public IReadOnlyList<SlotOffer> TakeAllReclaims() =>
        [.. accounts.All.Where(static account => account.Reserved > 0).Select(account => ReclaimTo(account, 0))];

    /// <summary>
    /// Takes a partition's answer to a reclaim and frees the slots that the partition does not keep. Returns false when
    /// the answer frees no slot; the caller then does not send the reclaim again at once, because the answer would be
    /// the same.
    /// </summary>
    public bool Reclaimed(SlotReturn answer, long now)
    {
        var account = accounts.Of(answer.Partition);
        if (answer.Session != Session || answer.Version != account.ReclaimVersion || answer.Epoch < account.Epoch)
            return false;
        var kept = Math.Min(account.Reserved, answer.Kept);
        var isFreed = kept < account.Reserved;
        if (answer.Epoch > account.Epoch)
            account.Begin(answer.Epoch, kept);
        else
        {
            account.Reserved = kept;
            account.Limit = Math.Min(account.Limit, kept);
            account.ReclaimVersion = 0;
        }

        SetDemand(account, answer.Kept, answer.Wanted, now);
        return isFreed;
    }

    /// <summary>
    /// Records that a partition did not answer a reclaim. No slot is freed.
    /// <see cref="TakeReclaims"/> may choose the partition again. Does nothing when the reclaim has been answered.
    /// </summary>
    public void ReclaimFailed(SlotOffer reclaim)
    {
        var account = accounts.Of(reclaim.Partition);
        if (account.ReclaimVersion == reclaim.Version)
            account.ReclaimVersion = 0;
    }

    /// <summary>Whether a partition wants more slots than it has and has no reclaim to answer.</summary>
    public bool HasUnmetDemand(long now) => accounts.Next(now) is not null;

    private void SetDemand(SlotAccount account, int held, int more, long now)
    {
        if (!account.Wants(now, Slots))
            account.WaitingSince = now;
        account.Target = held + more;
        account.WantedUntil = more > 0 ? now + DemandTerm : 0;
    }

    private SlotOffer OfferTo(SlotAccount account) =>
        new(account.Partition, account.Epoch, node, Session, ++version, account.Limit);

    private SlotOffer ReclaimTo(SlotAccount account, int limit)
    {
        account.Limit = limit;
        var reclaim = OfferTo(account);
        account.ReclaimVersion = reclaim.Version;
        return reclaim;
    }
}
