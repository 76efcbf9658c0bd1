using OrleansTasks.Tasks;

namespace OrleansTasks.Nodes;

/// <summary>
/// The attempts (tries at running tasks) that a worker may have, as far as the node's grain (<see cref="NodeGrain"/>)
/// knows: those whose start command the grain has sent, and those that the worker has named.
/// Each <see cref="NodeSession"/>, the time from one registration of the worker to the next, has its own record.
/// The worker's heartbeats correct the record, which has two uses:
/// <list type="bullet">
/// <item>The number of attempts is shown to people and tells <see cref="ReclaimRule"/> which slots are unused.
/// <see cref="SlotLedger"/> alone decides who may use the slots.</item>
/// <item>An attempt that the worker provably never received is given back:
/// its dispatcher requeues the task at once and counts no failure.
/// The dispatcher would otherwise wait for the end of the lease.</item>
/// </list>
/// In memory only: a new activation of the grain begins with what the worker names. Performs no I/O and reads no clock.
/// Times are Unix milliseconds of the node grain's steady clock.
/// </summary>
/// <remarks>
/// The states of an attempt. <see cref="Count"/> and <see cref="CountOf"/> count present attempts only.
/// <code>
/// any state except given back  --Pass: a start command is sent----------------> present
/// any state                    --Hold: the worker names the attempt-----------> present
/// present                      --Follow: a heartbeat does not name it---------> missing
/// present                      --Settle: the worker reports its end-----------> missing
/// unknown, present, missing    --TryGiveBack: no copy can have been received--> given back
/// missing, given back          --Follow: ten minutes after Entry.At-----------> unknown
/// any state                    --Forget: the dispatcher has stored the report-> unknown
/// </code>
/// A start command can be sent more than once, since dispatchers repeat commands that seem lost;
/// each sending is a copy.
/// For ten minutes after an attempt was given back, <see cref="Pass"/> refuses further copies,
/// because the task may run elsewhere. The grain passes copies to the worker's command stream; each connection of the
/// worker opens a new stream.
/// </remarks>
/// <param name="session">The number of the session.</param>
internal sealed class NodeHoldings(long session)
{
    /// <summary>
    /// How long an attempt that the worker does not name is remembered, in milliseconds.
    /// No copy of its command is expected to be on its way for longer.
    /// </summary>
    private const long MaxTransit = 600_000;

    private readonly Dictionary<LeaseToken, Entry> entries = [];

    // The number of present attempts of each queue; no entry when there is none.
    private readonly Dictionary<string, int> counts = [];

    /// <summary>The number of the session.</summary>
    public long Session => session;

    /// <summary>The number of present attempts.</summary>
    public int Count { get; private set; }

    /// <summary>The present attempts.</summary>
    public ImmutableArray<LeaseRef> All =>
        [.. entries.Values.Where(static entry => entry.Place == Place.Present).Select(static entry => entry.Lease)];

    /// <summary>
    /// Whether the attempt is in any state but unknown: the worker may have received it, or it was given back.
    /// </summary>
    public bool Contains(LeaseToken token) => entries.ContainsKey(token);

    /// <summary>The number of present attempts of one queue.</summary>
    public int CountOf(string queue) => counts.GetValueOrDefault(queue);

    /// <summary>
    /// Records that the node's grain is about to send a copy of a start command to the worker.
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

    /// <summary>Records that the worker has named the attempt as its own, in a registration or a heartbeat.</summary>
    public void Hold(LeaseRef lease, long now)
    {
        var entry = EntryOf(lease);
        if (entry.Place != Place.Present)
            entry.At = now;
        entry.WasHeld = true;
        Move(entry, Place.Present);
    }

    /// <summary>
    /// Gives an attempt back, and returns true, if the worker cannot have received it: the worker has never named the
    /// attempt, and every copy of its command that was passed to a stream is among the <paramref name="unsent"/> ones.
    /// Also returns true for an attempt that was given back before.
    /// When the result is true, the caller reports the attempt to its dispatcher as refused.
    /// If that report is lost, the dispatcher sends the command again, <see cref="Pass"/> refuses it,
    /// and the caller reports again.
    /// </summary>
    /// <param name="lease">The attempt.</param>
    /// <param name="unsent">
    /// The number of passed copies that the stream has not written and will not write;
    /// 0 for a command that was not passed to a stream.
    /// </param>
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
    /// The worker has reported the end of the attempt, or has refused it: the attempt no longer counts.
    /// The attempt is not forgotten yet: until the dispatcher has stored the report, it may send the command again.
    /// </summary>
    public void Settle(LeaseToken token)
    {
        if (entries.TryGetValue(token, out var entry) && entry.Place == Place.Present)
            Move(entry, Place.Missing);
    }

    /// <summary>
    /// Forgets an attempt after its dispatcher has stored the worker's report:
    /// the dispatcher sends no further command for it.
    /// </summary>
    public void Forget(LeaseToken token)
    {
        if (entries.Remove(token, out var entry))
            Move(entry, Place.Missing);
    }

    /// <summary>
    /// Takes the attempts that a heartbeat names.
    /// An attempt that is not named becomes missing, unless its last change is later than <paramref name="since"/>:
    /// its command may have crossed the heartbeat.
    /// An attempt that is not named and has not changed for ten minutes is forgotten, even if it was present so far.
    /// </summary>
    /// <param name="list">All attempts that the worker has.</param>
    /// <param name="now">The current time.</param>
    /// <param name="since">
    /// The time up to which a command that was sent should have reached the worker.
    /// A command that takes longer does no harm: the next heartbeat names the attempt, and it is present again.
    /// </param>
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

    /// <summary>Sets an attempt's state and keeps the two counts in step with it.</summary>
    private void Move(Entry entry, Place place)
    {
        var change = (place == Place.Present ? 1 : 0) - (entry.Place == Place.Present ? 1 : 0);
        entry.Place = place;
        if (change == 0)
            return;
        Count += change;
        var count = CountOf(entry.Lease.Queue) + change;
        if (count == 0)
            counts.Remove(entry.Lease.Queue);
        else
            counts[entry.Lease.Queue] = count;
    }

    /// <summary>The state of an attempt that has an entry. An attempt without an entry is unknown.</summary>
    private enum Place
    {
        /// <summary>
        /// The worker seems not to have the attempt: a heartbeat did not name the attempt, or the worker has reported
        /// the attempt's end.
        /// </summary>
        Missing,

        /// <summary>The worker has the attempt, or a command for it is on its way.</summary>
        Present,

        /// <summary>The worker never received the attempt and must not: the task may run elsewhere.</summary>
        GivenBack,
    }

    private sealed class Entry(LeaseRef lease)
    {
        public LeaseRef Lease { get; } = lease;

        public Place Place { get; set; }

        /// <summary>
        /// When the attempt last changed: a command was sent, the worker named the attempt while it was not present,
        /// or the attempt was given back.
        /// </summary>
        public long At { get; set; }

        /// <summary>
        /// The number of start commands that were passed to a stream for the attempt, lost ones included.
        /// </summary>
        public int Copies { get; set; }

        /// <summary>
        /// Whether the worker has ever named the attempt. The attempt is then never given back as not received.
        /// </summary>
        public bool WasHeld { get; set; }
    }
}
