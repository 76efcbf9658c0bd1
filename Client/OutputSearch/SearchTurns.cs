namespace OrleansTasks.Client.OutputSearch;

/// <summary>
/// Lets some calls search at a time. Each caller has its share: of those that wait, callers take turns, and each searches
/// once at a time while others wait. Thread-safe.
/// </summary>
/// <param name="most">How many search at a time.</param>
/// <param name="mostWaiting">How many calls of one caller may wait.</param>
internal sealed class SearchTurns(int most, int mostWaiting)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, int> searching = new(StringComparer.Ordinal);

    // Callers that have calls waiting, the next one first. A caller that has got a turn goes to the end.
    private readonly LinkedList<Line> waiting = new();
    private int free = most;

    /// <summary>How many callers are remembered: none, when nobody searches or waits.</summary>
    internal int Callers
    {
        get
        {
            lock (gate)
                return searching.Count + waiting.Count;
        }
    }

    /// <summary>
    /// Completes with true when the caller may search, until it calls <see cref="Leave"/>; at once with false when too many of
    /// its calls wait. Cancelled, the call waits no more.
    /// </summary>
    public async Task<bool> Enter(string caller, CancellationToken cancellation)
    {
        LinkedListNode<TaskCompletionSource> place;
        lock (gate)
        {
            var line = waiting.FirstOrDefault(line => line.Caller == caller);
            if (line is null && free > 0)
            {
                Begin(caller);
                return true;
            }

            if (line?.Calls.Count >= mostWaiting)
                return false;
            if (line is null)
                waiting.AddLast(line = new Line(caller));
            place = line.Calls.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        await using var registration = cancellation.UnsafeRegister(_ => GiveUp(caller, place, cancellation), null);
        await place.Value.Task;
        return true;
    }

    /// <summary>The caller has searched.</summary>
    public void Leave(string caller)
    {
        lock (gate)
        {
            if (--searching[caller] == 0)
                searching.Remove(caller);
            free++;
            // One that does not search yet comes before one that does.
            var line = waiting.FirstOrDefault(line => !searching.ContainsKey(line.Caller)) ?? waiting.First?.Value;
            if (line is null)
                return;
            waiting.Remove(line);
            var next = line.Calls.First!.Value;
            line.Calls.RemoveFirst();
            if (line.Calls.Count > 0)
                waiting.AddLast(line);
            Begin(line.Caller);
            next.SetResult();
        }
    }

    private void Begin(string caller)
    {
        free--;
        searching[caller] = searching.GetValueOrDefault(caller) + 1;
    }

    private void GiveUp(string caller, LinkedListNode<TaskCompletionSource> place, CancellationToken cancellation)
    {
        lock (gate)
        {
            // It has its turn already, and will leave.
            if (place.List is not { } calls)
                return;
            calls.Remove(place);
            if (calls.Count == 0)
                waiting.Remove(waiting.First(line => line.Caller == caller));
            place.Value.SetCanceled(cancellation);
        }
    }

    private sealed class Line(string caller)
    {
        public string Caller { get; } = caller;

        public LinkedList<TaskCompletionSource> Calls { get; } = new();
    }
}
