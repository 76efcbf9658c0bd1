using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Queues;

namespace OrleansTasks.Client.Figures;

/// <summary>
/// Collects the service's figures once a second, for the series, the attention rules and the figures of grains.
/// Silos report counts that they keep anyway. Reading queues and nodes takes at most 1/50 of the time.
/// While no silo answers, nothing is recorded.
/// </summary>
/// <param name="grains">Reads queues and nodes.</param>
/// <param name="engine">Reads the silos' figures.</param>
/// <param name="link">Reports whether silos answer.</param>
/// <param name="options">Where to store the series.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs faults.</param>
public sealed partial class FigureCollector(
    GatewayGrains grains, IEngineWatch engine, IClusterLink link, FigureOptions options, TimeProvider time,
        ILogger<FigureCollector> logger)
    : BackgroundService
{
    // The pause after a read of queues and nodes, as a multiple of its duration.
    private const int Rest = 50;
    // In seconds.
    private const long MostBackwards = 3_600;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly SiloDeltas deltas = new();
    private readonly CallWindows windows = new();
    private readonly QueueHolds holds = new();
    private readonly BoardGauges gauges = new(time);
    private SeriesBook book = new();
    private long boardAt;
    private TimeSpan boardTook;
    private long storedStep;
    private bool hasFailed;

    private long Now => time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Returns the series that a query selects.</summary>
    internal SeriesReading Read(SeriesQuery query)
    {
        lock (gate)
            return SeriesReading.Of(book, query, Now);
    }

    /// <summary>Runs a function on the series while no values are added.</summary>
    internal T Read<T>(Func<SeriesBook, long, T> read)
    {
        lock (gate)
            return read(book, Now);
    }

    /// <summary>
    /// Returns how many tasks of a queue have failed in the last 24 hours; null if the queue has no series of its own
    /// because there are too many.
    /// </summary>
    internal long? FailedLastDay(string queue)
    {
        lock (gate)
            return FailedTasks.LastDay(book, queue, Now);
    }

    /// <summary>
    /// Returns what held a queue's tasks back in about the last five minutes; null if unknown, because there are too
    /// many queues.
    /// </summary>
    internal ImmutableArray<HeldShare>? HeldBy(string queue)
    {
        lock (gate)
            return holds.Of(queue, time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>Returns the grain calls in about the last <paramref name="window"/>.</summary>
    internal CallWindow ReadCalls(TimeSpan window)
    {
        lock (gate)
            return windows.Over(window);
    }

    /// <summary>The last reading of each silo, with its processor use since the reading before.</summary>
    internal ImmutableArray<SiloNow> Silos
    {
        get
        {
            lock (gate)
                return windows.Silos;
        }
    }

    /// <summary>What the silos have set aside because the store refused it, as of the last reading.</summary>
    internal ImmutableArray<RefusedWrite> Refused =>
    [
        .. Silos.SelectMany(static silo => silo.Figures.Refused ?? [])
            .GroupBy(static one => (one.Kind, one.Target))
            .Select(static same => same.MaxBy(static one => one.Since)! with
            {
                Since = same.Min(static one => one.Since),
                Count = same.Sum(static one => one.Count),
            }),
    ];

    /// <summary>Why silos can neither store nor read files, each with its name, as of the last reading.</summary>
    internal ImmutableArray<(string Silo, string Fault)> FileFaults =>
        [.. Silos.Where(static silo => silo.Figures.FileFault is not null)
            .Select(static silo => (silo.Figures.Silo, silo.Figures.FileFault!))];

    /// <summary>Collects all figures once.</summary>
    internal async Task Collect()
    {
        var silos = await engine.Figures();
        var second = Now;
        lock (gate)
        {
            // The clock was set back. Series ignore values older than their newest, so start with empty series.
            if (second < book.Now - MostBackwards)
                book = new SeriesBook();
            deltas.Note(book, second, silos);
            holds.Set(silos);
            windows.Add(time.GetTimestamp(), time.TimestampFrequency, silos);
        }

        if (time.GetElapsedTime(boardAt) >= boardTook * Rest)
            await CollectBoard();
        lock (gate)
            book.Finish(Now);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        gauges.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        if (options.File is { } file && SeriesFile.Read(file) is { } stored)
            lock (gate)
                book = stored;
        storedStep = SeriesSpan.All[SeriesSpan.Stored].StepAt(Now);
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryCollect();
                var step = SeriesSpan.All[SeriesSpan.Stored].StepAt(Now);
                if (step != storedStep)
                    Store();
                storedStep = step;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            Store();
        }
    }

    private async Task TryCollect()
    {
        if (!link.IsUp)
        {
            gauges.Clear();
            return;
        }

        try
        {
            await Collect();
            hasFailed = false;
        }
        catch (Exception fault)
        {
            if (!hasFailed && !Faults.IsPassing(fault))
                LogCollectFailed(fault);
            hasFailed = true;
        }
    }

    private async Task CollectBoard()
    {
        var began = time.GetTimestamp();
        var (queues, nodes) = (grains.Queues.List(), grains.Fleet.List());
        await Task.WhenAll(queues, nodes);
        var second = Now;
        lock (gate)
        {
            BoardFigures.Note(book, second, queues.Result);
            BoardFigures.Note(book, second, nodes.Result);
        }

        gauges.Set(queues.Result, nodes.Result);
        (boardAt, boardTook) = (time.GetTimestamp(), time.GetElapsedTime(began));
    }

    private void Store()
    {
        if (options.File is not { } file)
            return;
        try
        {
            byte[] content;
            lock (gate)
                content = SeriesFile.ContentOf(book);
            SeriesFile.Write(file, content);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            LogStoreFailed(file, fault);
        }
    }

    [LoggerMessage(EventId = 5231, Level = LogLevel.Warning,
        Message = "Could not collect figures; trying again every second.")]
    private partial void LogCollectFailed(Exception fault);

    [LoggerMessage(EventId = 5232, Level = LogLevel.Warning,
        Message = "Could not store the figures in {File}; trying again in 5 minutes.")]
    private partial void LogStoreFailed(string file, Exception fault);
}
