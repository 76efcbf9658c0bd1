using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>The calls that cancel and retry single tasks.</summary>
/// <param name="control">Cancels and retries.</param>
public sealed class ControlCalls(TaskControl control)
{
    /// <summary>Requests that a task end.</summary>
    internal async Task Cancel(HttpContext context)
    {
        var task = await control.Cancel(ReadCalls.IdOf(context));
        // Only a task that had not reached a node can be restored.
        await Accept(context, task, isUndoable: task.State == TaskState.Cancelled);
    }

    /// <summary>Queues a failed or cancelled task again.</summary>
    internal async Task Retry(HttpContext context)
    {
        await Accept(context, await control.Retry(ReadCalls.IdOf(context)), isUndoable: true);
    }

    private static Task Accept(HttpContext context, TaskRecord task, bool isUndoable)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        // An undo leaves out nodes of workflows, which advance with their workflow.
        if (isUndoable && task.WorkflowNode is null && UndoCalls.Present is { } operation)
            context.Response.Headers[UndoCalls.Header] = operation.ToString();
        return ReadCalls.Send(context, task);
    }
}
