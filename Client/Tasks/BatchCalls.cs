using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Tasks;

/// <summary>Shows the progress of batches.</summary>
/// <param name="waits">Counts and waits.</param>
public sealed class BatchCalls(BatchWaits waits)
{
    /// <summary>Returns the counts of one batch, at once or when all its tasks have ended.</summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var wait = context.ReadQuery(call).Duration("wait", TaskWaits.Longest) ?? TimeSpan.Zero;
        if (!TaskId.TryParse(context.Request.RouteValues["id"] as string, out var id)
            || await waits.WaitUntilEnded(id, wait, context.RequestAborted) is not { } summary)
            throw new ProblemException(Problems.NotFound("No batch has this id; the service may have deleted its "
                + "tasks after the retention time."));
        await ContractJson.Send(context, BatchAnswer.Of(id, summary));
    }
}
