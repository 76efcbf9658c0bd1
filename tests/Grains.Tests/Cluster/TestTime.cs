namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>A clock that a test can put forward; whatever has become due then fires.</summary>
internal abstract class TestTime : TimeProvider
{
    private readonly Lock waiting = new();
    private (TimeSpan Wait, TaskCompletionSource Begun)? expected;

    /// <summary>Puts it forward.</summary>
    public abstract void Advance(TimeSpan by);

    /// <summary>
    /// Makes a call, and puts the clock forward by each wait of a length that begins, until the call has ended.
    /// </summary>
    public async Task<T> Pass<T>(TimeSpan wait, Func<Task<T>> call)
    {
        var begun = Expect(wait);
        var result = call();
        while (await Task.WhenAny(result, begun).Soon() != result)
        {
            // First, because the next wait may begin at once.
            begun = Expect(wait);
            Advance(wait);
        }

        return await result;
    }

    /// <summary>Called when a timer has been set.</summary>
    protected void TimerSet(TimeSpan dueTime)
    {
        lock (waiting)
        {
            if (expected is { } next && next.Wait == dueTime)
                next.Begun.TrySetResult();
        }
    }

    private Task Expect(TimeSpan wait)
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (waiting)
            expected = (wait, begun);
        return begun.Task;
    }
}
