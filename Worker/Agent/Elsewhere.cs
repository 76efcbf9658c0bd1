namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Runs work that must not run on the caller's thread, because others wait for that thread. It uses the current
/// scheduler: outside a simulation this is the thread pool, as with Task.Run; in a simulation, all work is on one
/// thread.
/// </summary>
internal static class Elsewhere
{
    /// <summary>Runs the work. The task completes when it is done.</summary>
    internal static Task Run(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current);

    /// <summary>Begins work that is not awaited.</summary>
    internal static void Begin(Func<Task> work) =>
        _ = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current);
}
