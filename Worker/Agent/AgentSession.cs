namespace OrleansTasks.Worker.Agent;

/// <summary>The worker's current session with its master, if there is one, and word of when it ends.</summary>
internal sealed class AgentSession
{
    private readonly Lock gate = new();
    private TaskCompletionSource<long> next = NewSource();
    private CancellationTokenSource end = new();
    private long current;

    /// <summary>The session's number; 0 while there is none.</summary>
    internal long Current => Volatile.Read(ref current);

    /// <summary>Cancelled when the current session is over.</summary>
    internal CancellationToken Ended
    {
        get
        {
            lock (gate)
                return end.Token;
        }
    }

    /// <summary>The current session, or the next one if there is none.</summary>
    internal Task<long> WaitAsync(CancellationToken cancellation)
    {
        lock (gate)
            return current != 0 ? Task.FromResult(current) : next.Task.OrCancelledAsync(cancellation);
    }

    /// <summary>A session was opened.</summary>
    internal void Open(long session)
    {
        TaskCompletionSource<long> waiters;
        lock (gate)
        {
            Volatile.Write(ref current, session);
            end = new CancellationTokenSource();
            (waiters, next) = (next, NewSource());
        }

        waiters.TrySetResult(session);
    }

    /// <summary>Somebody learned that a session is over; nothing happens when it is not the current one.</summary>
    internal void End(long session)
    {
        CancellationTokenSource over;
        lock (gate)
        {
            if (current != session || session == 0)
                return;
            Volatile.Write(ref current, 0);
            over = end;
        }

        over.Cancel();
    }

    private static TaskCompletionSource<long> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
