namespace OrleansTasks.Storage.Memory;

/// <summary>
/// The writes of a memory store, one after the other in the order of the calls, each when its latency is over and the
/// line is not held. Runs on the caller's thread or the clock's, never on another.
/// </summary>
internal sealed class WriteLine(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Queue<Entry> entries = new();
    private bool held;

    /// <summary>Lets no write through until <see cref="Release"/>.</summary>
    internal void Hold()
    {
        lock (gate)
            held = true;
    }

    /// <summary>Lets writes through again, those in line first.</summary>
    internal void Release()
    {
        lock (gate)
        {
            held = false;
            Drain();
        }
    }

    /// <summary>Runs a write in its turn and gives its value.</summary>
    internal Task<T> Run<T>(TimeSpan latency, Func<T> write)
    {
        lock (gate)
        {
            if (entries.Count == 0 && !held && latency <= TimeSpan.Zero)
                return Attempt(write);
            var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            var entry = new Entry(() => Complete(completion, write));
            entries.Enqueue(entry);
            if (latency <= TimeSpan.Zero)
                entry.Ready = true;
            else
                entry.Timer = time.CreateTimer(_ => Arrive(entry), null, latency, Timeout.InfiniteTimeSpan);
            return completion.Task;
        }
    }

    private static Task<T> Attempt<T>(Func<T> write)
    {
        try
        {
            return Task.FromResult(write());
        }
        catch (Exception e)
        {
            return e is OperationCanceledException cancelled
                ? Task.FromCanceled<T>(cancelled.CancellationToken)
                : Task.FromException<T>(e);
        }
    }

    private static void Complete<T>(TaskCompletionSource<T> completion, Func<T> write) =>
        completion.SetFromTask(Attempt(write));

    private void Arrive(Entry entry)
    {
        lock (gate)
        {
            entry.Ready = true;
            entry.Timer?.Dispose();
            Drain();
        }
    }

    private void Drain()
    {
        while (!held && entries.TryPeek(out var entry) && entry.Ready)
        {
            entries.Dequeue();
            entry.Write();
        }
    }

    private sealed class Entry(Action write)
    {
        internal Action Write { get; } = write;

        internal bool Ready { get; set; }

        internal ITimer? Timer { get; set; }
    }
}
