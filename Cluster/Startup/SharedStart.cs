namespace OrleansTasks.Cluster.Startup;

/// <summary>
/// Starts something when the first caller needs it. Callers that come meanwhile wait for the same start. The next caller starts
/// it again if the start failed or is older than <paramref name="lasts"/>.
/// </summary>
/// <param name="start">Starts it. Cleans up if it fails.</param>
/// <param name="lasts">How long a start is good for; <see cref="Timeout.InfiniteTimeSpan"/> if forever.</param>
/// <param name="time">The clock.</param>
public sealed class SharedStart(Func<Task> start, TimeSpan lasts, TimeProvider time)
{
    private readonly Lock gate = new();
    private Task? latest;
    private long latestAt;
    private bool ended;

    /// <summary>Completes when it has started, or fails as the start does.</summary>
    /// <exception cref="ObjectDisposedException">After <see cref="End"/>.</exception>
    public Task Run()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(ended, this);
            if (latest is null || (latest.IsCompleted && !IsGood(latest)))
                (latest, latestAt) = (Begin(), time.GetTimestamp());
            return latest;
        }
    }

    /// <summary>Refuses further starts, and waits for the end of one that is under way. Does not fail if that one does.</summary>
    public Task End()
    {
        lock (gate)
        {
            ended = true;
            return latest is null ? Task.CompletedTask : Task.WhenAny(latest);
        }
    }

    private bool IsGood(Task begun) => begun.IsCompletedSuccessfully
        && (lasts == Timeout.InfiniteTimeSpan || time.GetElapsedTime(latestAt) < lasts);

    // The start belongs to no single caller: threads and timers that it creates must not keep the context of the first one.
    private Task Begin()
    {
        using (ExecutionContext.SuppressFlow())
            return Task.Run(start);
    }
}
