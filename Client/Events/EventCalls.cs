using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Events;

/// <summary>Streams what happens.</summary>
/// <param name="grains">Reads events and nodes.</param>
/// <param name="hub">Tells when there is something to read.</param>
/// <param name="nodes">The same of nodes.</param>
/// <param name="lifetime">Ends streams when the service stops.</param>
/// <param name="time">The clock.</param>
public sealed class EventCalls(GatewayGrains grains, FeedHub hub, NodeFeed nodes, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>Events from now on, or from where the reader had got to.</summary>
    internal async Task Get(HttpContext context)
    {
        var resumed = EventCursor.Read(context.Request);
        var tail = new EventTail(grains, hub, nodes, time);
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
