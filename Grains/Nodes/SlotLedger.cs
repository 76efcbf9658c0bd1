using OrleansTasks.Queues;

namespace OrleansTasks.Nodes;

/// <summary>
/// Who may use a node's slots, without I/O or clock: <c>free + sum of reserved = slots</c> (<see cref="SlotTally"/>). A partition is told a
/// limit, a level that its leases keep to, so a lost, doubled or late offer does no harm. What was once offered stays reserved until the
/// partition itself, or a newer epoch of it, says that it keeps to less: no timeout frees a slot. A free slot goes to the partition
/// that wants one and has the fewest, then to the one that has waited longest (<see cref="SlotAccounts"/>); a slot that nobody else wants
/// stays with the partition that used it last, and a new one for a moment, so that it can be used (<see cref="ReclaimRule"/>). Times
/// are Unix milliseconds.
/// </summary>
internal sealed class SlotLedger
{
    private const long DemandTerm = 10_000;

    /// <summary>A few commits, which is what a partition needs to use what it was granted.</summary>
    private const long Moment = 10;

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

    public long Session { get; }

    public int Slots => tally.Slots;

    /// <summary>The most leases that there may ever have been in this session.</summary>
    public int MostLeases => tally.MostLeases;

    /// <summary>When <see cref="TakeReclaims"/> may find more than it did; the end of time when it left out nobody.</summary>
    public long LookAgainAt => reclaims.LookAgainAt;

    /// <summary>How many slots are nobody's; negative when an earlier session left more behind than there are.</summary>
    public int Free => tally.Free;

    /// <summary>Changes how many slots there are. What is granted beyond a smaller number is taken back by reclaims.</summary>
    public void Resize(int newSlots) => tally.Resize(newSlots);

    /// <summary>The partitions that have slots or want some: each is told of every heartbeat.</summary>
    public IEnumerable<PartitionKey> PartitionsAt(long now) =>
        accounts.All.Where(account => account.Reserved > 0 || account.WantedUntil >= now).Select(static account => account.Partition);

    /// <summary>The worker still has an attempt of an earlier session: its slot is its partition's.</summary>
    public void ReserveHeld(PartitionKey partition) => accounts.Of(partition).Reserved++;

    /// <summary>Takes a wish. An epoch that is new gets what it holds; what older ones were offered is void.</summary>
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

        Wish(account, demand.Held, demand.Count, now);
        // It would not ask for what it knows it may use: an offer was lost, or is still on its way.
        account.IsOfferDue |= demand.Held < account.Reserved;
    }

    /// <summary>Grants what is free to those that want it, one slot at a time; gives the offers that are to be sent.</summary>
    public IReadOnlyList<SlotOffer> Grant(long now)
    {
        while (Free > 0 && accounts.Next(now) is { } account)
        {
            account.Limit = ++account.Reserved;
            account.WaitingSince = now;
            account.LastGrant = ++grants;
            account.LeftUntil = now + Moment;
            account.IsOfferDue = true;
        }

        List<SlotOffer>? offers = null;
        foreach (var account in accounts.All)
        {
            if (account.IsReclaiming)
                continue;
            // It uses after all what seemed to be unused, or was rich when it was told to give some back: it may go on in its share.
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

    /// <summary>A partition has given the worker an attempt: it has used what it was granted.</summary>
    public void Used(PartitionKey partition) => accounts.Of(partition).LeftUntil = 0;

    /// <summary>
    /// The reclaims to send when somebody wants slots and none is free; <paramref name="held"/> tells how many attempts of a partition
    /// the worker has. Only a partition's answer frees anything.
    /// </summary>
    public IReadOnlyList<SlotOffer> TakeReclaims(Func<PartitionKey, int> held, long now) =>
        [.. reclaims.Take(held, now).Select(taken => ReclaimTo(taken.Account, taken.Limit))];

    /// <summary>Takes every slot back from every partition, since the worker takes no work.</summary>
    public IReadOnlyList<SlotOffer> TakeAllReclaims() =>
        [.. accounts.All.Where(static account => account.Reserved > 0).Select(account => ReclaimTo(account, 0))];

    /// <summary>
    /// A partition has answered a reclaim: what it does not keep is free again. False when that is nothing; asking again before
    /// anything else has happened would be in vain.
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

        Wish(account, answer.Kept, answer.Wanted, now);
        return isFreed;
    }

    /// <summary>A partition did not answer a reclaim: nothing is freed, and it is asked again when somebody wants slots.</summary>
    public void ReclaimFailed(SlotOffer reclaim)
    {
        var account = accounts.Of(reclaim.Partition);
        if (account.ReclaimVersion == reclaim.Version)
            account.ReclaimVersion = 0;
    }

    /// <summary>Whether somebody wants slots that it does not have.</summary>
    public bool SomebodyWaits(long now) => accounts.Next(now) is not null;

    private void Wish(SlotAccount account, int held, int more, long now)
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
