using OrleansTasks.Queues;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// The attempts that a worker has in one session, as far as the node's grain knows. Performs no I/O and reads no clock.
/// Times are Unix milliseconds. Users see the count, and <see cref="ReclaimRule"/> uses the count to find unused slots.
/// The number of reserved slots does not depend on it. An attempt whose command was provably never sent can be given
/// back to its dispatcher.
/// <code>
///              Pass: a command is sent                       Follow: not in a heartbeat, and older
///                                                                    than two heartbeat intervals
///   (unknown) -----------------------------------> present ------------------------------> missing
///       |      Hold: the worker names the attempt   |   ^                                   |  |
///       |                                           |   +-------- Pass, Hold ---------------+  | ten minutes
///       | TryGiveBack                    TryGiveBack |                                         v
///       +---------------> given back &lt;--------------+----- TryGiveBack of missing        (unknown)
/// </code>
/// Settle removes an attempt from the count. Forget removes the attempt altogether.
/// TryGiveBack gives an attempt back only when no copy of its command can have been written to a socket.
/// After that, Pass refuses every copy of the command, because the task may run elsewhere.
/// </summary>
internal sealed class NodeHoldings(long session)
{
    /// <summary>How long a command may take to reach the worker, in milliseconds.</summary>
    private const long MaxTransit = 600_000;

    private readonly Dictionary<LeaseToken, Entry> entries = [];
    private readonly Dictionary<PartitionKey, int> counts = [];

    /// <summary>The number of the session.</summary>
    public long Session => session;

    /// <summary>The number of attempts in the state present.</summary>
    public int Count { get; private set; }

    /// <summary>The attempts in the state present.</summary>
    public ImmutableArray<LeaseRef> All =>
        [.. entries.Values.Where(static entry => entry.Place == Place.Present).Select(static entry => entry.Lease)];

    /// <summary>Whether the attempt has an entry in any state: the worker may have it, or it was given back.</summary>
    public bool Contains(LeaseToken token) => entries.ContainsKey(token);

    /// <summary>The number of attempts of one partition in the state present.</summary>
    public int CountOf(PartitionKey partition) => counts.GetValueOrDefault(partition);

    /// <summary>
    /// Records that the node's grain is about to send a command to the worker.
    /// Returns false when the attempt was given back: the caller must not send the command.
    /// </summary>
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

    /// <summary>Records that the worker has named an attempt as its own.</summary>
    public void Hold(LeaseRef lease, long now)
    {
        var entry = EntryOf(lease);
        if (entry.Place != Place.Present)
            entry.At = now;
        entry.WasHeld = true;
        Move(entry, Place.Present);
    }

    /// <summary>
    /// Gives an attempt back if the worker cannot have it: the worker has not named the attempt, and no copy of its
    /// command other than the <paramref name="unsent"/> copies exists.
    /// Returns true when the attempt is given back; the caller then reports that to the dispatcher.
    /// </summary>
    /// <param name="lease">The attempt.</param>
    /// <param name="unsent">The number of copies of the command that were not sent and will not be sent.</param>
    /// <param name="now">The current time.</param>
    public bool TryGiveBack(LeaseRef lease, int unsent, long now)
    {
        if (entries.TryGetValue(lease.Token, out var known) && known.Place != Place.GivenBack && (known.WasHeld || known.Copies != unsent))
            return false;
        var entry = known ?? EntryOf(lease);
        entry.At = now;
        Move(entry, Place.GivenBack);
        return true;
    }

    /// <summary>
    /// Removes an attempt from the count after the worker has reported its end or has refused it.
    /// The attempt keeps its entry.
    /// </summary>
    public void Settle(LeaseToken token)
    {
        if (entries.TryGetValue(token, out var entry) && entry.Place == Place.Present)
            Move(entry, Place.Missing);
    }

    /// <summary>
    /// Removes an attempt after its dispatcher has stored the worker's report.
    /// The dispatcher sends no further command for it.
    /// </summary>
    public void Forget(LeaseToken token)
    {
        if (entries.Remove(token, out var entry))
            Move(entry, Place.Missing);
    }

    /// <summary>
    /// Takes the attempts that a heartbeat lists. An attempt that is not listed becomes missing, unless its command was
    /// sent after <paramref name="since"/>. A missing attempt is removed ten minutes after its command was sent.
    /// </summary>
    /// <param name="list">The attempts that the worker has.</param>
    /// <param name="now">The current time.</param>
    /// <param name="since">The time before which a sent command must have reached the worker.</param>
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
            if (entry.At <= now - MaxTransit)
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

        /// <summary>
        /// The time at which a command was last sent, the worker first named the attempt, or the attempt was given
        /// back.
        /// </summary>
        public long At { get; set; }

        /// <summary>The number of commands that were sent for the attempt.</summary>
        public int Copies { get; set; }

        /// <summary>Whether the worker has named the attempt.</summary>
        public bool WasHeld { get; set; }
    }
}
