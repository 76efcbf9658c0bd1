using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Tasks;

/// <summary>Streams a task's output as server-sent events.</summary>
/// <param name="grains">Reads output.</param>
/// <param name="reads">Finds tasks.</param>
/// <param name="waits">Reports transitions.</param>
/// <param name="streams">Limits the number of followed logs.</param>
/// <param name="lifetime">Ends streams when the service stops.</param>
/// <param name="time">The clock.</param>
public sealed class LogCalls(
    GatewayGrains grains, ReadCalls reads, TaskWaits waits, OpenStreams streams, IHostApplicationLifetime lifetime,
    TimeProvider time)
{
    /// <summary>
    /// Streams the log of a task's latest attempt or of the one in the query; with <c>follow</c>, until the task has ended
    /// or the attempt is over.
    /// </summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var follow = query.Flag("follow");
        var only = query.Text("attempt") is null ? (int?)null : query.Integer("attempt", 1, int.MaxValue, 1);
        var resumed = LogPosition.Read(context.Request);
        var task = await reads.FindRow(context, call) ?? throw ReadCalls.NoTask();
        if (only > task.Attempt)
            throw OutputCalls.NoAttempt();
        if (resumed is { } position && (position.Attempt > task.Attempt || (only is not null && position.Attempt != only)))
            throw new ProblemException(Problems.BadCursor("Last-Event-ID"));
        using var open = follow ? streams.Open() : null;
        var stream = await EventStream.Start(context, time);
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        using var ends =
            CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            var log = new TaskLog(
                grains.Tasks, () => reads.FindRow(context, call), stream, task, resumed ?? new LogPosition(only ?? task.Attempt, 0, 0), time,
                only);
            await (follow ? log.Follow(waits, ends.Token) : log.Show());
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The reader left, or the service stops and the reader resumes at another gateway.
        }
    }
}
