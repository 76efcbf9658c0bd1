using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Shows the results of tasks: the JSON values that their commands left.</summary>
/// <param name="grains">Reads results.</param>
public sealed class ResultCalls(GatewayGrains grains)
{
    /// <summary>Sends the result of a task as its command wrote it.</summary>
    internal async Task Get(HttpContext context)
    {
        var id = ReadCalls.IdOf(context);
        var result = await grains.Tasks.ReadResult(id);
        if (result.IsEmpty)
            throw await NoResult(context);
        context.Response.ContentType = "application/json";
        await context.SendBytes(result);
    }

    private async Task<ProblemException> NoResult(HttpContext context)
    {
        if (await grains.Tasks.Get(ReadCalls.IdOf(context)) is not { } task)
            return ReadCalls.NoTask();
        return new ProblemException(Problems.NoResult(task.State.IsFinal()
            ? "The task's command wrote no result. It can write one only if the task has \"result\": true."
            : "The task has not ended yet. To wait, get the task with ?wait=30s, then get its result."));
    }
}
