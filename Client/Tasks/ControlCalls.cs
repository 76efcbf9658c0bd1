using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Cancels and retries single tasks.</summary>
/// <param name="grains">The tasks and their dispatchers.</param>
/// <param name="reads">Finds tasks.</param>
public sealed class ControlCalls(GatewayGrains grains, ReadCalls reads)
{
    /// <summary>Asks a task to end.</summary>
    internal async Task Cancel(HttpContext context)
    {
        RequestBody.RefuseOther(context);
        var task = await reads.Find(context);
        if (task.State.IsFinal())
            throw Finished(task);
        var outcome = (await Twice(task, static (dispatcher, ids) => dispatcher.Cancel(ids)))[0];
        var now = await reads.Find(context);
        if (outcome is not (ControlOutcome.Changed or ControlOutcome.Unchanged))
            throw now.State.IsFinal() ? Finished(now) : Busy();
        await Accept(context, now);
    }

    /// <summary>Queues a failed or cancelled task again.</summary>
    internal async Task Retry(HttpContext context)
    {
        RequestBody.RefuseOther(context);
        var task = await reads.Find(context);
        if (task.State is not (TaskState.Failed or TaskState.Cancelled))
            throw NotRetryable(task);
        var repeated = false;
        var outcome = (await Twice(task, static (dispatcher, ids) => dispatcher.Retry(ids), () => repeated = true))[0];
        var now = await reads.Find(context);
        switch (outcome)
        {
            case ControlOutcome.Changed or ControlOutcome.Unchanged:
            // The first call had landed and its answer was lost.
            case ControlOutcome.NotRetryable when repeated && !now.State.IsFinal():
                await Accept(context, now);
                break;
            case ControlOutcome.QueueFull:
                throw new ProblemException(Problems.QueueFull(0));
            case ControlOutcome.SecretsGone:
                throw new ProblemException(Problems.NotRetryable(
                    "The task's secretEnv was removed when it ended, so it cannot run again as it was. Submit it anew."));
            case ControlOutcome.NotRetryable:
                throw NotRetryable(now);
            default:
                throw Busy();
        }
    }

    /// <summary>Repeats a call once when nobody can say whether the first was carried out; both kinds may be
    /// repeated.</summary>
    private async Task<ImmutableArray<ControlOutcome>> Twice(
        TaskRecord task, Func<ITaskDispatcherGrain, ImmutableArray<TaskId>, Task<ImmutableArray<ControlOutcome>>> call,
        Action? onRepeat = null)
    {
        var dispatcher = grains.DispatcherOf(task);
        try
        {
            return await call(dispatcher, [task.Id]);
        }
        catch (Exception fault) when (Faults.IsOutcomeUnknown(fault))
        {
            onRepeat?.Invoke();
        }

        try
        {
            return await call(dispatcher, [task.Id]);
        }
        catch (Exception)
        {
            throw new ProblemException(Problems.OutcomeUnknown());
        }
    }

    private static Task Accept(HttpContext context, TaskRecord task)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        return ReadCalls.Send(context, task);
    }

    private static ProblemException Finished(TaskRecord task) => new(Problems.TaskFinished(task.State.Name()));

    private static ProblemException NotRetryable(TaskRecord task) => new(Problems.NotRetryable(
        task.Reason == EndReason.Expired
            ? "Its expiresAt has passed, so it would expire again at once. Submit it anew with a later one."
            : $"The task is {task.State.Name()}; only a failed or a cancelled task can be retried."));

    private static ProblemException Busy() => new(Problems.NotReady("The task is changing hands. Try again."));
}
