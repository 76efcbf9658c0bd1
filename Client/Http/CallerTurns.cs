namespace OrleansTasks.Client.Http;

/// <summary>
/// Limits how much runs at a time, fairly between callers. A call weighs 1, or whatever it takes of something scarce,
/// such as bytes of memory. Waiting callers take turns. No caller runs more than its share even while no other caller
/// waits, so that the next caller finds room. Thread-safe.
/// </summary>
/// <param name="most">The maximum weight of all running calls.</param>
/// <param name="mostOfOne">The maximum weight of one caller's running calls.</param>
/// <param name="mostWaiting">How many calls of all callers may wait.</param>
/// <param name="mostWaitingOfOne">How many calls of one caller may wait.</param>
internal sealed class CallerTurns(long most, long mostOfOne, int mostWaiting, int mostWaitingOfOne)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, long> running = new(StringComparer.Ordinal);

    // Callers with waiting calls, the next one first. A caller that has got a turn moves to the end.
    private readonly LinkedList<Line> lines = new();
    private long taken;
    private int waiting;

    /// <summary>The outcome of a call's attempt to enter.</summary>
    internal enum Entry
    {
        /// <summary>The call may run until it calls <see cref="Leave"/>.</summary>
        Turn,

        /// <summary>Too many calls of this caller are waiting.</summary>
        CallerIsFull,

        /// <summary>Too many calls of all callers are waiting.</summary>
        Full,
    }

    /// <summary>The number of callers that are remembered; 0 if no call runs or waits.</summary>
    internal int Callers
    {
        get
        {
            lock (gate)
                return running.Count + lines.Count;
        }
    }

    /// <summary>The maximum weight of a call.</summary>
    internal long Heaviest => mostOfOne;

    /// <summary>The weight of the running calls.</summary>
    internal long Running
    {
        get
        {
            lock (gate)
                return taken;
        }
    }

    /// <summary>The number of waiting calls.</summary>
    internal int Waiting
    {
        get
        {
            lock (gate)
                return waiting;
        }
    }

    /// <summary>Takes a turn if there is one now.</summary>
    public bool TryEnter(string caller, long weight = 1)
    {
        lock (gate)
        {
            // A light call must not overtake a heavy one that waits only for room.
            if (!Fits(caller, weight)
                || (lines.Count > 0 && (Next() is not null || lines.Any(line => line.Caller == caller))))
                return false;
            Begin(caller, weight);
            return true;
        }
    }

    /// <summary>
    /// Waits for a turn. Refuses at once if too many calls wait, unless the call belongs to something already admitted.
    /// Cancellation ends the wait.
    /// </summary>
    /// <param name="caller">The caller.</param>
    /// <param name="isAdmitted">Whether the call belongs to something already admitted.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="weight">The call's weight, at most <see cref="Heaviest"/>.</param>
    public async Task<Entry> Enter(string caller, bool isAdmitted, CancellationToken cancellation, long weight = 1)
    {
        LinkedListNode<Call> place;
        lock (gate)
        {
            if (TryEnter(caller, weight))
                return Entry.Turn;
            var line = lines.FirstOrDefault(line => line.Caller == caller);
            if (!isAdmitted && line?.Calls.Count >= mostWaitingOfOne)
                return Entry.CallerIsFull;
            if (!isAdmitted && waiting >= mostWaiting)
                return Entry.Full;
            if (line is null)
                lines.AddLast(line = new Line(caller));
            place = line.Calls.AddLast(
                new Call(weight, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
            waiting++;
        }

        await using var registration = cancellation.UnsafeRegister(_ => GiveUp(caller, place, cancellation), null);
        await place.Value.Turn.Task;
        return Entry.Turn;
    }

    /// <summary>Ends a call of the caller and starts the waiting calls for which there is room now.</summary>
    public void Leave(string caller, long weight = 1)
    {
        lock (gate)
        {
            if ((running[caller] -= weight) == 0)
                running.Remove(caller);
            taken -= weight;
            StartNext();
        }
    }

    private void StartNext()
    {
        while (Next() is { } line && taken + line.Calls.First!.Value.Weight <= most)
        {
            var next = line.Calls.First.Value;
            lines.Remove(line);
            line.Calls.RemoveFirst();
            waiting--;
            if (line.Calls.Count > 0)
                lines.AddLast(line);
            Begin(line.Caller, next.Weight);
            next.Turn.SetResult();
        }
    }

    // The line whose first call runs as soon as there is room. A caller without running calls takes precedence.
    private Line? Next() =>
        lines.FirstOrDefault(line => !running.ContainsKey(line.Caller))
        ?? lines.FirstOrDefault(line => IsInShare(line.Caller, line.Calls.First!.Value.Weight));

    private bool Fits(string caller, long weight) => taken + weight <= most && IsInShare(caller, weight);

    private bool IsInShare(string caller, long weight) => running.GetValueOrDefault(caller) + weight <= mostOfOne;

    private void Begin(string caller, long weight)
    {
        taken += weight;
        running[caller] = running.GetValueOrDefault(caller) + weight;
    }

    private void GiveUp(string caller, LinkedListNode<Call> place, CancellationToken cancellation)
    {
        lock (gate)
        {
            // The call already has its turn, and will call Leave.
            if (place.List is not { } calls)
                return;
            calls.Remove(place);
            waiting--;
            if (calls.Count == 0)
                lines.Remove(lines.First(line => line.Caller == caller));
            place.Value.Turn.SetCanceled(cancellation);
            // Lighter calls may have waited behind this one.
            StartNext();
        }
    }

    /// <summary>A waiting call.</summary>
    private sealed record Call(long Weight, TaskCompletionSource Turn);

    private sealed class Line(string caller)
    {
        public string Caller { get; } = caller;

        public LinkedList<Call> Calls { get; } = new();
    }
}
