using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>The calls that cancel and retry single tasks.</summary>
/// <param name="control">Does it.</param>
public sealed class ControlCalls(TaskControl control)
{
    /// <summary>Asks a task to end.</summary>
    internal async Task Cancel(HttpContext context)
    {
        await Accept(context, await control.Cancel(ReadCalls.IdOf(context)));
    }

    /// <summary>Queues a failed or cancelled task again.</summary>
    internal async Task Retry(HttpContext context)
    {
        await Accept(context, await control.Retry(ReadCalls.IdOf(context)));
    }

    private static Task Accept(HttpContext context, TaskRecord task)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        return ReadCalls.Send(context, task);
    }
}
