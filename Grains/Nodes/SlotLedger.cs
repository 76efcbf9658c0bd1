using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// Who may use a node's slots, without I/O or clock: <c>free + sum of (granted - released) = slots</c>. Credit is counted up
/// only, from the start of a session, so that a lost, doubled or late offer does no harm. A free slot goes to the partition that
/// wants one and has the fewest, then to the one that has waited longest; a slot that nobody else wants stays with the partition
/// that used it last. Times are Unix milliseconds.
/// </summary>
internal sealed class SlotLedger(string node, long session, int slots)
{
    private const long DemandTerm = 10_000;
    private readonly SortedDictionary<string, Account> accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<LeaseToken, (Account Account, LeaseRef Lease)> held = [];
    private long version;

    public long Session => session;

    public int Slots => slots;

    /// <summary>How many slots nobody was granted. It can be negative for a moment after a recovery.</summary>
    public int Free => slots - accounts.Values.Sum(static account => account.Outstanding);

    public int HeldCount => held.Count;

    /// <summary>The partitions that hold credit or attempts: each is told of every heartbeat.</summary>
    public IEnumerable<PartitionKey> Partitions =>
        accounts.Values.Where(static account => account.Outstanding > 0 || account.Held > 0).Select(static account => account.Partition);

    /// <summary>The worker has an attempt, or is about to.</summary>
    public void Hold(LeaseRef lease)
    {
        var account = AccountOf(lease.Partition);
        if (held.TryAdd(lease.Token, (account, lease)))
            account.Held++;
    }

    /// <summary>The worker still has an attempt of before this ledger: its slot counts as granted.</summary>
    public void HoldFromBefore(LeaseRef lease)
    {
        if (held.ContainsKey(lease.Token))
            return;
        Hold(lease);
        AccountOf(lease.Partition).Granted++;
    }

    /// <summary>
    /// The worker has ended or refused attempts of one partition, which frees their slots. Gives the offer that may go with the
    /// report when the partition can use the slots again at once; null when others want them or nothing was freed.
    /// </summary>
    public SlotOffer? Release(PartitionKey partition, IEnumerable<LeaseToken> tokens, bool mayReuse, long now)
    {
        var account = AccountOf(partition);
        var freed = 0;
        foreach (var token in tokens)
        {
            if (!held.Remove(token, out var entry))
                continue;
            entry.Account.Held--;
            freed++;
        }

        if (freed == 0)
            return null;
        account.Released += freed;
        if (!mayReuse || account.Epoch == 0 || OthersWant(account, now))
            return null;
        var reused = Math.Min(freed, Math.Max(0, Free));
        if (reused == 0)
            return null;
        account.Granted += reused;
        return OfferTo(account);
    }

    /// <summary>
    /// Takes a wish. A partition that says hello has its account set to what it holds; its earlier grants are void.
    /// </summary>
    public void Want(SlotDemand demand, long now)
    {
        var account = AccountOf(demand.Partition);
        if (demand.Epoch < account.Epoch)
            return;
        if (demand.IsHello || demand.Epoch > account.Epoch)
        {
            account.Epoch = demand.Epoch;
            account.Granted = demand.Held.Length;
            account.Released = 0;
            foreach (var lease in demand.Held)
                Hold(lease);
        }

        if (account.WantedUntil < now || account.Target <= account.Outstanding)
            account.WaitingSince = now;
        account.Target = Math.Min(slots, account.Outstanding + demand.Count);
        account.WantedUntil = now + DemandTerm;
    }

    /// <summary>Grants what is free to those that want it, one slot at a time.</summary>
    public IReadOnlyList<SlotOffer> Grant(long now)
    {
        var changed = new List<Account>();
        for (var free = Free; free > 0; free--)
        {
            if (Next(now) is not { } account)
                break;
            account.Granted++;
            account.WaitingSince = now;
            if (!changed.Contains(account))
                changed.Add(account);
        }

        return [.. changed.Select(OfferTo)];
    }

    /// <summary>
    /// The partitions that seem to hold credit they do not use, when somebody wants slots and none is free. Each is asked once
    /// at a time; only its answer frees anything.
    /// </summary>
    public IReadOnlyList<SlotOffer> TakeReclaims(long now)
    {
        if (Free > 0 || Next(now) is not { } wanting)
            return [];
        var reclaims = new List<SlotOffer>();
        foreach (var account in accounts.Values)
        {
            if (account == wanting || account.IsReclaiming || account.Outstanding <= account.Held || account.Wants(now))
                continue;
            account.IsReclaiming = true;
            reclaims.Add(OfferTo(account));
        }

        return reclaims;
    }

    /// <summary>Every partition that seems to hold credit it does not use, since the worker leaves.</summary>
    public IReadOnlyList<SlotOffer> TakeAllReclaims()
    {
        var reclaims = new List<SlotOffer>();
        foreach (var account in accounts.Values)
        {
            if (account.IsReclaiming || account.Outstanding <= account.Held)
                continue;
            account.IsReclaiming = true;
            reclaims.Add(OfferTo(account));
        }

        return reclaims;
    }

    /// <summary>A partition has answered a reclaim: what it has not used is free again.</summary>
    public void Reclaimed(SlotOffer answer)
    {
        var account = AccountOf(answer.Partition);
        account.IsReclaiming = false;
        if (answer.Session != session)
            return;
        if (answer.Epoch == account.Epoch)
            account.Granted = Math.Min(account.Granted, Math.Max(answer.Limit, account.Released + account.Held));
        else if (answer.Epoch > account.Epoch)
        {
            account.Epoch = answer.Epoch;
            account.Granted = Math.Max(answer.Limit, account.Held);
            account.Released = 0;
        }
    }

    /// <summary>A partition did not answer a reclaim: it is asked again when somebody wants slots.</summary>
    public void ReclaimFailed(PartitionKey partition) => AccountOf(partition).IsReclaiming = false;

    private bool OthersWant(Account account, long now) => accounts.Values.Any(other => other != account && other.Wants(now));

    private Account? Next(long now) =>
        accounts.Values.Where(account => account.Wants(now))
            .OrderBy(static account => account.Outstanding).ThenBy(static account => account.WaitingSince).FirstOrDefault();

    private SlotOffer OfferTo(Account account) =>
        new(account.Partition, account.Epoch, node, session, ++version, account.Granted);

    private Account AccountOf(PartitionKey partition)
    {
        var key = partition.ToString();
        if (!accounts.TryGetValue(key, out var account))
            accounts.Add(key, account = new Account(partition));
        return account;
    }

    private sealed class Account(PartitionKey partition)
    {
        public PartitionKey Partition { get; } = partition;

        public long Epoch { get; set; }

        public long Granted { get; set; }

        public long Released { get; set; }

        public int Held { get; set; }

        public int Target { get; set; }

        public long WantedUntil { get; set; }

        public long WaitingSince { get; set; }

        public bool IsReclaiming { get; set; }

        public int Outstanding => (int)(Granted - Released);

        public bool Wants(long now) => WantedUntil >= now && Outstanding < Target;
    }
}
