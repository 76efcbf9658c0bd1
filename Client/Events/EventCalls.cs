using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Events;

/// <summary>Streams events.</summary>
/// <param name="grains">Finds the current end of the log.</param>
/// <param name="log">Reads the events.</param>
/// <param name="streams">Limits the number of open streams.</param>
/// <param name="lifetime">Ends streams when the service stops.</param>
/// <param name="time">The clock.</param>
public sealed class EventCalls(
    GatewayGrains grains, EventLog log, OpenStreams streams, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>Sends events, from now on or from the position in <c>Last-Event-ID</c>.</summary>
    internal async Task Get(HttpContext context)
    {
        var resumed = EventCursor.Read(context.Request);
        using var open = streams.Open();
        var tail = new EventTail(grains, log);
        // Begin before the response starts, so that an unreachable store still yields an error status.
        var isReset = await tail.Begin(resumed);
        var stream = await EventStream.Start(context, time);
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        using var ends =
            CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await tail.Run(stream, isReset, ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The reader left, or the service stops and the reader resumes at another gateway.
        }
    }
}
