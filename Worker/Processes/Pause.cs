namespace OrleansTasks.Worker.Processes;

/// <summary>Holds a number of threads, each at a place of its own choice, until the pause ends.</summary>
internal sealed class Pause(int threads)
{
    private readonly CountdownEvent missing = new(threads);
    private readonly ManualResetEventSlim over = new();

    /// <summary>Blocks one of the threads until the pause ends.</summary>
    internal void Enter()
    {
        missing.Signal();
        over.Wait();
    }

    /// <summary>Waits until all threads are held. Returns false if that takes longer than the limit.</summary>
    internal bool AwaitAll(TimeSpan limit) => missing.Wait(limit);

    /// <summary>Lets all threads continue, including those that have yet to arrive.</summary>
    internal void End() => over.Set();
}
