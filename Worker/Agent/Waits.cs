namespace OrleansTasks.Worker.Agent;

/// <summary>
/// Waiting that stays in the current scheduler: Task.WaitAsync passes by the pool when a
/// task's source asks for asynchronous continuations, which one thread of a simulation cannot have.
/// </summary>
internal static class Waits
{
    /// <summary>Ends as the task does, or as soon as the token is cancelled.</summary>
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

    /// <summary>As <see cref="OrCancelledAsync(Task, CancellationToken)"/>, with the task's result.</summary>
    internal static async Task<T> OrCancelledAsync<T>(this Task<T> task, CancellationToken token)
    {
        await OrCancelledAsync((Task)task, token);
        return await task;
    }
}
