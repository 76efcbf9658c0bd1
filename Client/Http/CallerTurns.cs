namespace OrleansTasks.Client.Http;

/// <summary>
/// Limits how many calls run at a time, fairly between callers. Waiting callers take turns. No caller runs more than
/// its share even while no other caller waits, so that the next caller finds a free place. Thread-safe.
/// </summary>
/// <param name="most">How many calls may run at a time.</param>
/// <param name="mostOfOne">How many calls of one caller may run at a time.</param>
/// <param name="mostWaiting">How many calls of all callers may wait.</param>
/// <param name="mostWaitingOfOne">How many calls of one caller may wait.</param>
internal sealed class CallerTurns(int most, int mostOfOne, int mostWaiting, int mostWaitingOfOne)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> running = new(StringComparer.Ordinal);

    // Callers with waiting calls, the next one first. A caller that has got a turn moves to the end.
    private readonly LinkedList<Line> lines = new();
    private int taken;
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

    /// <summary>The number of running calls.</summary>
    internal int Running
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

    /// <summary>
    /// Waits for a turn. Refuses at once if too many calls wait, unless the call belongs to something already admitted.
    /// Cancellation ends the wait.
    /// </summary>
    public async Task<Entry> Enter(string caller, bool isAdmitted, CancellationToken cancellation)
    {
        LinkedListNode<TaskCompletionSource> place;
        lock (gate)
        {
            var line = lines.FirstOrDefault(line => line.Caller == caller);
            if (line is null && taken < most && MayRun(caller))
            {
                Begin(caller);
                return Entry.Turn;
            }

            if (!isAdmitted && line?.Calls.Count >= mostWaitingOfOne)
                return Entry.CallerIsFull;
            if (!isAdmitted && waiting >= mostWaiting)
                return Entry.Full;
            if (line is null)
                lines.AddLast(line = new Line(caller));
            place = line.Calls.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            waiting++;
        }

        await using var registration = cancellation.UnsafeRegister(_ => GiveUp(caller, place, cancellation), null);
        await place.Value.Task;
        return Entry.Turn;
    }

    /// <summary>Ends a call of the caller and starts the next waiting call.</summary>
    public void Leave(string caller)
    {
        lock (gate)
        {
            if (--running[caller] == 0)
                running.Remove(caller);
            taken--;
            // A caller without running calls takes precedence over callers with some.
            var line = lines.FirstOrDefault(line => !running.ContainsKey(line.Caller))
                ?? lines.FirstOrDefault(line => MayRun(line.Caller));
            if (line is null)
                return;
            lines.Remove(line);
            var next = line.Calls.First!.Value;
            line.Calls.RemoveFirst();
            waiting--;
            if (line.Calls.Count > 0)
                lines.AddLast(line);
            Begin(line.Caller);
            next.SetResult();
        }
    }

    private bool MayRun(string caller) => running.GetValueOrDefault(caller) < mostOfOne;

    private void Begin(string caller)
    {
        taken++;
        running[caller] = running.GetValueOrDefault(caller) + 1;
    }

    private void GiveUp(string caller, LinkedListNode<TaskCompletionSource> place, CancellationToken cancellation)
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
            place.Value.SetCanceled(cancellation);
        }
    }

    private sealed class Line(string caller)
    {
        public string Caller { get; } = caller;

        public LinkedList<TaskCompletionSource> Calls { get; } = new();
    }
}
