using OrleansTasks.Client.Http;
using OrleansTasks.Client.Workflows;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>
/// Cancels and retries single tasks. A call with an unknown outcome is repeated, and its caller gets the answer that
/// the first call would have had.
/// </summary>
/// <param name="grains">The tasks and their dispatchers.</param>
/// <param name="workflows">Retries nodes of workflows.</param>
public sealed class TaskControl(GatewayGrains grains, WorkflowControl workflows)
{
    /// <summary>
    /// Requests that a task end, and returns its new state. Throws 404, 409 or 504 as a <see cref="ProblemException"/>.
    /// </summary>
    public async Task<TaskRecord> Cancel(TaskId id)
    {
        var task = await grains.Writes.FirstRead(() => Find(id));
        if (task.State.IsFinal())
            throw Finished(task);
        var (outcomes, isRepeated) = await grains.Writes.Repeatedly(() => grains.DispatcherOf(task).Cancel([id]));
        var now = await grains.Writes.ThenRead(() => Find(id));
        return outcomes[0] switch
        {
            ControlOutcome.Changed or ControlOutcome.Unchanged => now,
            // The first call had succeeded, and the task has ended since.
            ControlOutcome.NotOpen when isRepeated && now.CancelRequestedAt is not null => now,
            _ => throw (now.State.IsFinal() ? Finished(now) : Busy()),
        };
    }

    /// <summary>
    /// Queues a failed or cancelled task again, and returns its new state. Throws 404, 409, 429 or 504 as a
    /// <see cref="ProblemException"/>.
    /// </summary>
    public async Task<TaskRecord> Retry(TaskId id)
    {
        var task = await grains.Writes.FirstRead(() => Find(id));
        if (task.State is not (TaskState.Failed or TaskState.Cancelled))
            throw NotRetryable(task);
        if (task is { WorkflowNode: not null, Batch: { } workflow })
        {
            await workflows.RetryNode(workflow, id);
            return await grains.Writes.ThenRead(() => Find(id));
        }

        var (outcomes, isRepeated) = await grains.Writes.Repeatedly(() => grains.DispatcherOf(task).Retry([id]));
        var now = await grains.Writes.ThenRead(() => Find(id));
        return outcomes[0] switch
        {
            ControlOutcome.Changed or ControlOutcome.Unchanged => now,
            // The first call had succeeded, but its answer was lost.
            ControlOutcome.NotRetryable when isRepeated && (!now.State.IsFinal() || now.EndedAt != task.EndedAt) => now,
            ControlOutcome.QueueFull => throw new ProblemException(Problems.QueueFull(0)),
            ControlOutcome.SecretsGone => throw new ProblemException(Problems.NotRetryable(
                "The task's secretEnv was removed when the task ended, so the task cannot run again. Submit a new task.")),
            ControlOutcome.NotRetryable => throw NotRetryable(now),
            _ => throw Busy(),
        };
    }

    private async Task<TaskRecord> Find(TaskId id) => await grains.Tasks.Get(id) ?? throw ReadCalls.NoTask();

    private static ProblemException Finished(TaskRecord task) => new(Problems.TaskFinished(task.State.Name()));

    private static ProblemException NotRetryable(TaskRecord task) => new(Problems.NotRetryable(
        task.Reason == EndReason.Expired
            ? "The task's expiresAt has passed, so the task would expire at once. Submit a new task with a later expiresAt."
            : $"The task is {task.State.Name()}; only a failed or cancelled task can be retried."));

    private static ProblemException Busy() => new(Problems.NotReady("The task's owner is changing. Try again."));
}
