using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster.Link;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Repeats reads that failed because a silo has just died, or because a queue has just moved. The other silos take over
/// within seconds, so a caller need not learn of it. If no silo answers, the first failure stands.
/// </summary>
internal static class ReadRepeats
{
    /// <summary>Runs a handler that changes nothing.</summary>
    public static Task Run(HttpContext context, RequestDelegate handler)
    {
        var answer = handler(context);
        return answer.IsCompletedSuccessfully ? answer : Watch(context, handler, answer);
    }

    private static async Task Watch(HttpContext context, RequestDelegate handler, Task answer)
    {
        TimeProvider? time = null;
        for (var began = 0L; ; answer = handler(context))
        {
            try
            {
                await answer;
                return;
            }
            catch (Exception fault) when (Faults.IsTakenOver(fault) && MayRepeat(context))
            {
                if (time is null)
                {
                    time = context.RequestServices.GetRequiredService<TimeProvider>();
                    began = time.GetTimestamp();
                }

                if (time.GetElapsedTime(began) >= Takeover.Limit
                    || !await Takeover.IsUpSoon(context.RequestServices.GetRequiredService<IClusterLink>()))
                    throw;
            }

            await Task.Delay(Takeover.Pause, time, context.RequestAborted);
            context.Response.Clear();
        }
    }

    private static bool MayRepeat(HttpContext context) =>
        !context.Response.HasStarted && !context.RequestAborted.IsCancellationRequested;
}
