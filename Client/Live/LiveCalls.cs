using OrleansTasks.Client.Attention;
using OrleansTasks.Client.Events;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Live;

/// <summary>Streams changes to what a page shows.</summary>
/// <param name="grains">Finds the current end of the log.</param>
/// <param name="log">Reads the events.</param>
/// <param name="lifetime">Ends streams when the service stops.</param>
/// <param name="time">The clock.</param>
/// <param name="attention">Finds what needs attention; null to show no attention items.</param>
/// <param name="figures">Counts failed tasks; null if this gateway keeps no figures.</param>
public sealed class LiveCalls(
    GatewayGrains grains, EventLog log, IHostApplicationLifetime lifetime, TimeProvider time,
    AttentionWatch? attention = null, FigureCollector? figures = null) : IDisposable
{
    /// <summary>Maximum number of live streams open at once.</summary>
    public const int MostStreams = ServiceLimits.LiveStreams;

    private readonly OpenStreams streams = new(MostStreams);
    private readonly LiveTasks tasks = new(grains);
    private readonly LiveBoard board = new(grains, time, attention, figures);

    /// <summary>Sends ticks, from now on or from the position in <c>Last-Event-ID</c>.</summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var query = LiveQuery.Read(context.ReadQuery(call));
        var given = context.Request.Headers["Last-Event-ID"].ToString();
        using var open = streams.Open();
        var tail = new LiveTail(query, grains, log, tasks, board, time);
        using var ends =
            CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            // Begin before the response starts, so that an unreachable store still yields an error status.
            var isReset = await tail.Begin(given.Length == 0 ? null : given, ends.Token);
            var stream = await EventStream.Start(context, time);
            if (!HttpMethods.IsHead(context.Request.Method))
                await tail.Run(stream, isReset, ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The reader left, or the service stops and the reader resumes at another gateway.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        streams.Dispose();
        tasks.Dispose();
        board.Dispose();
    }
}
