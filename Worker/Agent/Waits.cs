namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Waits within the current scheduler. Task.WaitAsync would use the thread pool if a task's source asks for
/// asynchronous continuations, which a simulation on one thread cannot have.
/// </summary>
internal static class Waits
{
    /// <summary>Completes with the task, or is cancelled as soon as the token is.</summary>
    internal static async Task OrCancelledAsync(this Task task, CancellationToken token)
    {
        if (!task.IsCompleted && token.CanBeCanceled)
        {
            var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _ = task.ContinueWith(
                static (_, first) => ((TaskCompletionSource)first!).TrySetResult(),
                first,
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Current);
            await using var registration = token.UnsafeRegister(
                static (first, token) => ((TaskCompletionSource)first!).TrySetCanceled(token), first);
            await first.Task;
        }

        await task;
    }

    /// <summary>
    /// Does the same as <see cref="OrCancelledAsync(Task, CancellationToken)"/>, and returns the task's result.
    /// </summary>
    internal static async Task<T> OrCancelledAsync<T>(this Task<T> task, CancellationToken token)
    {
        await OrCancelledAsync((Task)task, token);
        return await task;
    }
}
