namespace OrleansTasks.Worker.Agent;

/// <summary>The worker's current session with its master, if any, and a signal for its end.</summary>
internal sealed class AgentSession
{
    private readonly Lock gate = new();
    private TaskCompletionSource<long> next = NewSource();
    private CancellationTokenSource end = new();
    private long current;

    /// <summary>The session's number; 0 if there is none.</summary>
    internal long Current => Volatile.Read(ref current);

    /// <summary>Cancelled when the current session ends.</summary>
    internal CancellationToken Ended
    {
        get
        {
            lock (gate)
                return end.Token;
        }
    }

    /// <summary>Returns the current session, or the next one if there is none.</summary>
    internal Task<long> WaitAsync(CancellationToken cancellation)
    {
        lock (gate)
            return current != 0 ? Task.FromResult(current) : next.Task.OrCancelledAsync(cancellation);
    }

    /// <summary>Sets the session that was opened.</summary>
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

    /// <summary>Ends a session that turned out to be over. Does nothing if it is not the current one.</summary>
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
