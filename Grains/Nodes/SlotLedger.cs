using OrleansTasks.Queues;

namespace OrleansTasks.Nodes;

/// <summary>
/// Who may use a node's slots, without I/O or clock: <c>free + sum of reserved = slots</c>. A partition is told a limit, a level
/// that its leases keep to, so a lost, doubled or late offer does no harm. What was once offered stays reserved until the
/// partition itself, or a newer epoch of it, says that it keeps to less: no timeout frees a slot. A free slot goes to the partition
/// that wants one and has the fewest, then to the one that has waited longest; a slot that nobody else wants stays with the
/// partition that used it last, and a new one for a moment, so that it can be used. Times are Unix milliseconds.
/// </summary>
internal sealed class SlotLedger(string node, long session, int size)
{
    private const long DemandTerm = 10_000;

    /// <summary>A few commits, which is what a partition needs to use what it was granted.</summary>
    private const long Moment = 10;

    private readonly SortedDictionary<string, SlotAccount> accounts = new(StringComparer.Ordinal);
    private int slots = size;
    private long version;
    private long grants;

    public long Session => session;

    public int Slots => slots;

    /// <summary>The most leases that there may ever have been in this session.</summary>
    public int MostLeases { get; private set; } = size;

    /// <summary>When <see cref="TakeReclaims"/> may find more than it did; the end of time when it left out nobody.</summary>
    public long LookAgainAt { get; private set; } = long.MaxValue;

    /// <summary>How many slots are nobody's; negative when an earlier session left more behind than there are.</summary>
    public int Free => slots - accounts.Values.Sum(static account => account.Reserved);

    /// <summary>Changes how many slots there are. What is granted beyond a smaller number is taken back by reclaims.</summary>
    public void Resize(int newSlots)
    {
        slots = newSlots;
        NoteMost();
    }

    /// <summary>The partitions that have slots or want some: each is told of every heartbeat.</summary>
    public IEnumerable<PartitionKey> PartitionsAt(long now) =>
        accounts.Values.Where(account => account.Reserved > 0 || account.WantedUntil >= now).Select(static account => account.Partition);

    /// <summary>The worker still has an attempt of an earlier session: its slot is its partition's.</summary>
    public void ReserveHeld(PartitionKey partition)
    {
        AccountOf(partition).Reserved++;
        NoteMost();
    }

    /// <summary>Takes a wish. An epoch that is new gets what it holds; what older ones were offered is void.</summary>
    public void Want(SlotDemand demand, long now)
    {
        var account = AccountOf(demand.Partition);
        if (demand.Epoch < account.Epoch)
            return;
        if (demand.Epoch > account.Epoch)
        {
            var most = account.Reserved + Math.Max(0, Free);
            account.Begin(demand.Epoch, Math.Min(demand.Held, most));
            account.IsOfferDue = account.Reserved > 0;
            NoteMost();
        }

        Wish(account, demand.Held, demand.Count, now);
        // It would not ask for what it knows it may use: an offer was lost, or is still on its way.
        account.IsOfferDue |= demand.Held < account.Reserved;
    }

    /// <summary>Grants what is free to those that want it, one slot at a time; gives the offers that are to be sent.</summary>
    public IReadOnlyList<SlotOffer> Grant(long now)
    {
        for (var free = Free; free > 0 && Next(now) is { } account; free--)
        {
            account.Limit = ++account.Reserved;
            account.WaitingSince = now;
            account.LastGrant = ++grants;
            account.LeftUntil = now + Moment;
            account.IsOfferDue = true;
        }

        List<SlotOffer>? offers = null;
        foreach (var account in accounts.Values)
        {
            if (account.IsReclaiming)
                continue;
            // It uses after all what seemed to be unused, or was rich when it was told to give some back: it may go on in its share.
            account.IsOfferDue |= account.Limit < account.Reserved && account.Wants(now, slots) && !IsRichFor(account, now);
            if (!account.IsOfferDue)
                continue;
            if (!IsRichFor(account, now))
                account.Limit = account.Reserved;
            account.IsOfferDue = false;
            (offers ??= []).Add(OfferTo(account));
        }

        return offers ?? [];
    }

    /// <summary>A partition has given the worker an attempt: it has used what it was granted.</summary>
    public void Used(PartitionKey partition) => AccountOf(partition).LeftUntil = 0;

    /// <summary>
    /// The partitions to take slots from, when somebody wants some and none is free: first those that seem not to use theirs,
    /// <paramref name="held"/> telling how many attempts of a partition the worker has; else the one with the most, if it has two
    /// more than the one that wants, or that has none. Only a partition's answer frees anything. One that was granted a slot a moment
    /// ago and has not used it yet is left alone until <see cref="LookAgainAt"/>.
    /// </summary>
    public IReadOnlyList<SlotOffer> TakeReclaims(Func<PartitionKey, int> held, long now)
    {
        LookAgainAt = long.MaxValue;
        if (Free < 0)
            return TakeSurplus();
        if (Next(now) is not { } wanting || Free > 0)
            return [];
        List<SlotOffer>? reclaims = null;
        var need = Math.Min(wanting.Target, slots) - wanting.Reserved;
        foreach (var account in accounts.Values)
        {
            if (need == 0)
                break;
            if (account == wanting || account.IsReclaiming || account.Wants(now, slots))
                continue;
            var taken = Math.Min(need, account.Reserved - held(account.Partition));
            if (taken <= 0 || IsLeft(account, now))
                continue;
            need -= taken;
            (reclaims ??= []).Add(ReclaimTo(account, account.Reserved - taken));
        }

        if (reclaims is null && LookAgainAt == long.MaxValue && Richest(wanting) is { } richest && !IsLeft(richest, now))
            (reclaims ??= []).Add(ReclaimTo(richest, richest.Reserved - 1));
        return reclaims ?? [];
    }

    private bool IsLeft(SlotAccount account, long now)
    {
        if (account.LeftUntil <= now)
            return false;
        LookAgainAt = Math.Min(LookAgainAt, account.LeftUntil);
        return true;
    }

    private IReadOnlyList<SlotOffer> TakeSurplus()
    {
        SlotAccount? most = null;
        foreach (var account in accounts.Values)
        {
            if (account.IsReclaiming)
                return [];
            if (most is null || account.Reserved > most.Reserved)
                most = account;
        }

        return most is { Reserved: > 0 } ? [ReclaimTo(most, Math.Max(0, most.Reserved + Free))] : [];
    }

    /// <summary>Takes every slot back from every partition, since the worker leaves.</summary>
    public IReadOnlyList<SlotOffer> TakeAllReclaims()
    {
        var reclaims = new List<SlotOffer>();
        foreach (var account in accounts.Values)
        {
            if (account.Reserved > 0)
                reclaims.Add(ReclaimTo(account, 0));
        }

        return reclaims;
    }

    /// <summary>
    /// A partition has answered a reclaim: what it does not keep is free again. False when that is nothing; asking again before
    /// anything else has happened would be in vain.
    /// </summary>
    public bool Reclaimed(SlotReturn answer, long now)
    {
        var account = AccountOf(answer.Partition);
        if (answer.Session != session || answer.Version != account.ReclaimVersion || answer.Epoch < account.Epoch)
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
        var account = AccountOf(reclaim.Partition);
        if (account.ReclaimVersion == reclaim.Version)
            account.ReclaimVersion = 0;
    }

    /// <summary>Whether somebody wants slots that it does not have.</summary>
    public bool SomebodyWaits(long now) => Next(now) is not null;

    private void NoteMost() => MostLeases = Math.Max(MostLeases, slots - Math.Min(0, Free));

    private void Wish(SlotAccount account, int held, int more, long now)
    {
        if (!account.Wants(now, slots))
            account.WaitingSince = now;
        account.Target = held + more;
        account.WantedUntil = more > 0 ? now + DemandTerm : 0;
    }

    /// <summary>Whether somebody waits to whom it has to give a slot.</summary>
    private bool IsRichFor(SlotAccount account, long now)
    {
        foreach (var other in accounts.Values)
        {
            if (other != account && other.Wants(now, slots) && IsRicher(account, other))
                return true;
        }

        return false;
    }

    private static bool IsRicher(SlotAccount account, SlotAccount wanting) =>
        account.Reserved > 0 && (wanting.Reserved == 0 || account.Reserved >= wanting.Reserved + 2);

    private SlotAccount? Next(long now)
    {
        SlotAccount? next = null;
        foreach (var account in accounts.Values)
        {
            if (!account.Wants(now, slots) || account.IsReclaiming)
                continue;
            if (next is null || account.Reserved < next.Reserved
                || (account.Reserved == next.Reserved && account.IsBefore(next)))
                next = account;
        }

        return next;
    }

    private SlotAccount? Richest(SlotAccount wanting)
    {
        SlotAccount? richest = null;
        foreach (var account in accounts.Values)
        {
            if (account == wanting)
                continue;
            if (account.IsReclaiming)
                return null;
            if (richest is null || account.Reserved > richest.Reserved
                || (account.Reserved == richest.Reserved && account.IsBefore(richest)))
                richest = account;
        }

        return richest is not null && IsRicher(richest, wanting) ? richest : null;
    }

    private SlotOffer OfferTo(SlotAccount account) =>
        new(account.Partition, account.Epoch, node, session, ++version, account.Limit);

    private SlotOffer ReclaimTo(SlotAccount account, int limit)
    {
        account.Limit = limit;
        var reclaim = OfferTo(account);
        account.ReclaimVersion = reclaim.Version;
        return reclaim;
    }

    private SlotAccount AccountOf(PartitionKey partition)
    {
        var key = partition.ToString();
        if (!accounts.TryGetValue(key, out var account))
            accounts.Add(key, account = new SlotAccount(partition));
        return account;
    }
}
