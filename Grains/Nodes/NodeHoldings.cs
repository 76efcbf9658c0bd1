using OrleansTasks.Resources;
using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// The attempts that a worker may have in one session: those whose start command was sent, and those that it has named.
/// Their number shows <see cref="ReclaimRule"/> which slots are unused. An attempt that the worker provably never
/// received is given back, so its task is requeued without waiting for the lease. Does no I/O and reads no clock. Times
/// are Unix milliseconds of the node grain's steady clock.
/// </summary>
internal sealed class NodeHoldings(long session)
{
    /// <summary>Milliseconds; no copy of a command is expected to be under way for longer.</summary>
    private const long MaxTransit = 600_000;

    private readonly Dictionary<LeaseToken, Entry> entries = [];

    // The number of present attempts of each queue and shape; no entry for 0.
    private readonly Dictionary<(string Queue, ResourceVector Shape), int> counts = [];

    public long Session => session;

    public int Count { get; private set; }

    public ImmutableArray<LeaseRef> All =>
        [.. entries.Values.Where(static entry => entry.Place == Place.Present).Select(static entry => entry.Lease)];

    /// <summary>Returns whether the worker may have received the attempt, or it was given back.</summary>
    public bool Contains(LeaseToken token) => entries.ContainsKey(token);

    /// <summary>Returns how many attempts of a queue with these resources the worker may have.</summary>
    public int CountOf(string queue, ResourceVector shape) => counts.GetValueOrDefault((queue, shape));

    /// <summary>Returns the attempts with resources that the worker may have.</summary>
    public IEnumerable<RunningAttempt> Running() => entries.Values
        .Where(static entry => entry.Place == Place.Present && !entry.Shape.IsEmpty)
        .Select(static entry => new RunningAttempt(entry.Shape, entry.EndsBy) { Queue = entry.Lease.Queue });

    /// <summary>
    /// Records a copy about to be sent. Returns false if it must not be: the attempt was given back.
    /// <paramref name="lasts"/> is how long the attempt runs at most, in milliseconds, or 0 if unknown.
    /// </summary>
    public bool Pass(LeaseRef lease, long now, ResourceVector? shape = null, long lasts = 0)
    {
        var entry = EntryOf(lease, shape);
        if (entry.Place == Place.GivenBack)
            return false;
        entry.At = now;
        entry.EndsBy = lasts > 0 ? now + lasts : long.MaxValue;
        entry.Copies++;
        Move(entry, Place.Present);
        return true;
    }

    /// <summary>Records that the worker has named the attempt.</summary>
    public void Hold(LeaseRef lease, long now, ResourceVector? shape = null)
    {
        var entry = EntryOf(lease, shape);
        if (entry.Place != Place.Present)
            entry.At = now;
        entry.WasHeld = true;
        Move(entry, Place.Present);
    }

    /// <summary>
    /// Gives an attempt back if the worker has never named it and all passed copies are among the
    /// <paramref name="unsent"/> ones. Repeatable: if the caller's report is lost, the dispatcher sends the command
    /// again, which <see cref="Pass"/> refuses.
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

    /// <summary>
    /// Notes that the worker ended or refused the attempt. Until the report is stored, it may be sent again.
    /// </summary>
    public void Settle(LeaseToken token)
    {
        if (entries.TryGetValue(token, out var entry) && entry.Place == Place.Present)
            Move(entry, Place.Missing);
    }

    /// <summary>Forgets an attempt whose report is stored: no further command comes.</summary>
    public void Forget(LeaseToken token)
    {
        if (entries.Remove(token, out var entry))
            Move(entry, Place.Missing);
    }

    /// <summary>
    /// Takes the attempts that a heartbeat names. Others become missing if they last changed at or before
    /// <paramref name="since"/>: later commands may have crossed the heartbeat. A slower command does no harm: the next
    /// heartbeat names its attempt. Forgets attempts that are not named and have not changed for ten minutes.
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
            if (entry.At <= now - MaxTransit)
                entries.Remove(token);
        }
    }

    // The shape counts only for an attempt that is new here.
    private Entry EntryOf(LeaseRef lease, ResourceVector? shape = null)
    {
        if (!entries.TryGetValue(lease.Token, out var entry))
            entries.Add(lease.Token, entry = new Entry(lease, shape ?? ResourceVector.None));
        return entry;
    }

    private void Move(Entry entry, Place place)
    {
        var change = (place == Place.Present ? 1 : 0) - (entry.Place == Place.Present ? 1 : 0);
        entry.Place = place;
        if (change == 0)
            return;
        Count += change;
        var key = (entry.Lease.Queue, entry.Shape);
        var count = counts.GetValueOrDefault(key) + change;
        if (count == 0)
            counts.Remove(key);
        else
            counts[key] = count;
    }

    private enum Place
    {
        /// <summary>A heartbeat did not name the attempt, or the worker has reported its end.</summary>
        Missing,

        /// <summary>The worker has the attempt, or a command is on its way.</summary>
        Present,

        /// <summary>
        /// The worker never received the attempt and must not receive it: the task may run elsewhere.
        /// </summary>
        GivenBack,
    }

    private sealed class Entry(LeaseRef lease, ResourceVector shape)
    {
        public LeaseRef Lease { get; } = lease;

        public ResourceVector Shape { get; } = shape;

        public Place Place { get; set; }

        /// <summary>When the attempt was sent, named while not present, or given back.</summary>
        public long At { get; set; }

        /// <summary>When the attempt has ended at the latest; <see cref="long.MaxValue"/> if unknown.</summary>
        public long EndsBy { get; set; } = long.MaxValue;

        public int Copies { get; set; }

        /// <summary>Whether the worker has ever named the attempt.</summary>
        public bool WasHeld { get; set; }
    }
}
