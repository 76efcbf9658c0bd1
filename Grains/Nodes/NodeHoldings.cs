using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// What a worker has of one session, as far as its node's grain knows, without I/O or clock. The accounting of slots does not
/// depend on it; people see the count, and what provably never left the silo can be given back.
/// <code>
///              Pass: a command is on its way                 Follow: not in two heartbeats
///   (unknown) -----------------------------------> present ------------------------------> missing
///       |      Hold: the worker names the attempt   |   ^                                   |  |
///       |                                           |   +-------- Pass, Hold ---------------+  | ten minutes
///       | TryGiveBack                    TryGiveBack |                                         v
///       +---------------> given back &lt;--------------+----- TryGiveBack of missing        (unknown)
/// </code>
/// Settle takes an attempt out of the count, and Forget out of here. An attempt is given back only when no copy of its command
/// can have been written to a socket: from then on no copy is passed on, since the task may run elsewhere.
/// </summary>
internal sealed class NodeHoldings(long session)
{
    /// <summary>A command that was sent this long ago is not under way any more.</summary>
    private const long MostUnderWay = 600_000;

    private readonly Dictionary<LeaseToken, Entry> entries = [];
    private readonly Dictionary<PartitionKey, int> counts = [];

    public long Session => session;

    /// <summary>How many attempts the worker seems to have.</summary>
    public int Count { get; private set; }

    public ImmutableArray<LeaseRef> All =>
        [.. entries.Values.Where(static entry => entry.Place == Place.Present).Select(static entry => entry.Lease)];

    /// <summary>Whether anything is known of the attempt: the worker may have it, or it was given back.</summary>
    public bool Contains(LeaseToken token) => entries.ContainsKey(token);

    public int CountOf(PartitionKey partition) => counts.GetValueOrDefault(partition);

    /// <summary>A command is to be sent to the worker. False: the attempt was given back, and must not be sent.</summary>
    public bool Pass(LeaseRef lease, long now)
    {
        var entry = EntryOf(lease);
        if (entry.Place == Place.GivenBack)
            return false;
        entry.At = now;
        entry.Copies++;
        Move(entry, Place.Present);
        return true;
    }

    /// <summary>The worker says that it has an attempt.</summary>
    public void Hold(LeaseRef lease, long now)
    {
        var entry = EntryOf(lease);
        if (entry.Place != Place.Present)
            entry.At = now;
        entry.WasHeld = true;
        Move(entry, Place.Present);
    }

    /// <summary>
    /// <paramref name="unsent"/> copies of an attempt's command were not sent and never will be. True when there is no other copy, so that
    /// the worker cannot have the attempt: it is given back.
    /// </summary>
    public bool TryGiveBack(LeaseRef lease, int unsent, long now)
    {
        if (entries.TryGetValue(lease.Token, out var known) && known.Place != Place.GivenBack && (known.WasHeld || known.Copies != unsent))
            return false;
        var entry = known ?? EntryOf(lease);
        entry.At = now;
        Move(entry, Place.GivenBack);
        return true;
    }

    /// <summary>The worker has said how an attempt ended, or that it did not take it up.</summary>
    public void Settle(LeaseToken token)
    {
        if (entries.TryGetValue(token, out var entry) && entry.Place == Place.Present)
            Move(entry, Place.Missing);
    }

    /// <summary>What the worker has said of an attempt is settled for good: no late command can bring it back.</summary>
    public void Forget(LeaseToken token)
    {
        if (entries.Remove(token, out var entry))
            Move(entry, Place.Missing);
    }

    /// <summary>
    /// Takes a heartbeat's list. What it does not have goes, unless it was passed on later than <paramref name="since"/>.
    /// </summary>
    public void Follow(ImmutableArray<LeaseRef> list, long now, long since)
    {
        var listed = new HashSet<LeaseToken>();
        foreach (var lease in list)
        {
            listed.Add(lease.Token);
            Hold(lease, now);
        }

        foreach (var (token, entry) in entries)
        {
            if (entry.At > since || listed.Contains(token))
                continue;
            if (entry.Place == Place.Present)
                Move(entry, Place.Missing);
            if (entry.At <= now - MostUnderWay)
                entries.Remove(token);
        }
    }

    private Entry EntryOf(LeaseRef lease)
    {
        if (!entries.TryGetValue(lease.Token, out var entry))
            entries.Add(lease.Token, entry = new Entry(lease));
        return entry;
    }

    private void Move(Entry entry, Place place)
    {
        var change = (place == Place.Present ? 1 : 0) - (entry.Place == Place.Present ? 1 : 0);
        entry.Place = place;
        if (change == 0)
            return;
        Count += change;
        var count = CountOf(entry.Lease.Partition) + change;
        if (count == 0)
            counts.Remove(entry.Lease.Partition);
        else
            counts[entry.Lease.Partition] = count;
    }

    private enum Place
    {
        Missing,
        Present,
        GivenBack,
    }

    private sealed class Entry(LeaseRef lease)
    {
        public LeaseRef Lease { get; } = lease;

        public Place Place { get; set; }

        /// <summary>When a command of it was last passed on, or it was first heard of.</summary>
        public long At { get; set; }

        /// <summary>How many commands of it were passed on.</summary>
        public int Copies { get; set; }

        /// <summary>Whether the worker has named it.</summary>
        public bool WasHeld { get; set; }
    }
}
