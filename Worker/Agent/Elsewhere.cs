namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Work that must not run on the caller's thread, which others wait for. It goes to the current scheduler: that is the pool, as of
/// Task.Run, but for a simulation, all of whose work is on one thread.
/// </summary>
internal static class Elsewhere
{
    /// <summary>Runs it; completes when it is done.</summary>
    internal static Task Run(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current);

    /// <summary>Begins what nobody waits for.</summary>
    internal static void Begin(Func<Task> work) =>
        _ = Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Current);
}
