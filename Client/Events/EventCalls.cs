using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Events;

/// <summary>Streams what happens.</summary>
/// <param name="grains">Tells the current end of the log.</param>
/// <param name="log">Gives the events.</param>
/// <param name="streams">Bounds the number of open streams.</param>
/// <param name="lifetime">Ends streams when the service stops.</param>
/// <param name="time">The clock.</param>
public sealed class EventCalls(
    GatewayGrains grains, EventLog log, OpenStreams streams, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>Events from now on, or from where the reader had got to.</summary>
    internal async Task Get(HttpContext context)
    {
        var resumed = EventCursor.Read(context.Request);
        using var open = streams.Open();
        var tail = new EventTail(grains, log);
        // A store out of reach is told by a status, as long as there can be one.
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
            // The reader is gone, or resumes at the next gateway.
        }
    }
}
