namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Holds a number of threads, each at a place of its own choice, until the pause ends. <see cref="HostFreeze"/> holds the
/// loops and the keeper with it while it writes down the commands for the program that replaces this one.
/// </summary>
internal sealed class Pause(int threads)
{
    private readonly CountdownEvent missing = new(threads);
    private readonly ManualResetEventSlim over = new();

    /// <summary>Blocks one of the threads until the pause ends. Each thread calls it once.</summary>
    internal void Enter()
    {
        missing.Signal();
        over.Wait();
    }

    /// <summary>
    /// Waits until all threads are held. Returns false if that takes longer than the limit; <see cref="End"/> must be
    /// called either way.
    /// </summary>
    internal bool AwaitAll(TimeSpan limit) => missing.Wait(limit);

    /// <summary>Lets all threads continue, including those that have yet to arrive.</summary>
    internal void End() => over.Set();
}
