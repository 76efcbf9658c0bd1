using OrleansTasks.Client.Attention;
using OrleansTasks.Client.Events;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;

namespace OrleansTasks.Client.Live;

/// <summary>Streams what a page shows as it changes.</summary>
/// <param name="grains">Tells the current end of the log.</param>
/// <param name="log">Gives the events.</param>
/// <param name="lifetime">Ends streams when the service stops.</param>
/// <param name="time">The clock.</param>
/// <param name="attention">Judges what needs attention; without it nothing does.</param>
/// <param name="figures">Counts failed tasks; without it their number is not known.</param>
public sealed class LiveCalls(
    GatewayGrains grains, EventLog log, IHostApplicationLifetime lifetime, TimeProvider time,
    AttentionWatch? attention = null, FigureCollector? figures = null) : IDisposable
{
    /// <summary>How many live streams are open at once.</summary>
    public const int MostStreams = ServiceLimits.LiveStreams;

    private readonly OpenStreams streams = new(MostStreams);
    private readonly LiveTasks tasks = new(grains);
    private readonly LiveBoard board = new(grains, time, attention, figures);

    /// <summary>Ticks from now on, or from where the reader had got to.</summary>
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
            // A store out of reach is told by a status, as long as there can be one.
            var isReset = await tail.Begin(given.Length == 0 ? null : given, ends.Token);
            var stream = await EventStream.Start(context, time);
            if (!HttpMethods.IsHead(context.Request.Method))
                await tail.Run(stream, isReset, ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // The reader is gone, or resumes at the next gateway.
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
