namespace OrleansTasks.Simulation.Engine;

/// <summary>
/// Waiting that stays in the current scheduler. Task.WaitAsync and Task.WhenAll pass
/// by the pool when a task's source asks for asynchronous continuations, which one thread of a simulation cannot have.
/// </summary>
internal static class Waiting
{
    /// <summary>Ends as the task does, or as soon as the token is cancelled.</summary>
    internal static async Task OrCancelledAsync(this Task task, CancellationToken token)
    {
        if (task.IsCompleted || !token.CanBeCanceled)
        {
            await task;
            return;
        }

        var first = new TaskCompletionSource<Task>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = task.ContinueWith(
            static (task, first) => ((TaskCompletionSource<Task>)first!).TrySetResult(task),
            first,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Current);
        await using var registration = token.UnsafeRegister(
            static (first, token) => ((TaskCompletionSource<Task>)first!).TrySetResult(Task.FromCanceled(token)),
            first);
        await await first.Task;
    }

    /// <summary>Waits for all, whatever becomes of them, or until the token is cancelled.</summary>
    /// <exception cref="OperationCanceledException">The token is cancelled.</exception>
    internal static async Task AllEndedAsync(this IEnumerable<Task> tasks, CancellationToken token)
    {
        foreach (var task in tasks.ToArray())
        {
            await task.OrCancelledAsync(token).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            token.ThrowIfCancellationRequested();
        }
    }
}
