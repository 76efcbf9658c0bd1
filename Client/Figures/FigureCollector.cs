using OrleansTasks.Client.Tasks;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Client.Figures;

/// <summary>
/// Collects the figures of the service once a second, for the series, the rules of attention and the figures of grains.
/// It asks the silos for counts that they keep anyway, and reads queues and nodes at most a fiftieth of the time. While
/// no silo answers nothing is noted.
/// </summary>
/// <param name="grains">The queues and nodes.</param>
/// <param name="engine">The silos.</param>
/// <param name="link">Whether silos answer.</param>
/// <param name="options">Where series are kept.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Gets faults.</param>
public sealed partial class FigureCollector(
    GatewayGrains grains, IEngineWatch engine, IClusterLink link, FigureOptions options, TimeProvider time,
        ILogger<FigureCollector> logger)
    : BackgroundService
{
    private const int Rest = 50;
    private const long MostBackwards = 3_600;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly SiloDeltas deltas = new();
    private readonly CallWindows windows = new();
    private readonly BoardGauges gauges = new(time);
    private SeriesBook book = new();
    private long boardAt;
    private TimeSpan boardTook;
    private long storedStep;
    private bool hasFailed;

    private long Now => time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>Reads series.</summary>
    internal SeriesReading Read(SeriesQuery query)
    {
        lock (gate)
            return SeriesReading.Of(book, query, Now);
    }

    /// <summary>Reads the series themselves, while nothing is noted.</summary>
    internal T Read<T>(Func<SeriesBook, long, T> read)
    {
        lock (gate)
            return read(book, Now);
    }

    /// <summary>
    /// How many tasks of a queue have failed in the last 24 hours, as far as they were counted; null when the queue is
    /// not counted by itself, because there are too many series.
    /// </summary>
    internal long? FailedLastDay(string queue)
    {
        lock (gate)
            return FailedTasks.LastDay(book, queue, Now);
    }

    /// <summary>What grains were called in the last seconds.</summary>
    internal CallWindow ReadCalls(TimeSpan window)
    {
        lock (gate)
            return windows.Over(window);
    }

    /// <summary>The last reading of each silo, with its use of the processor since the reading before.</summary>
    internal ImmutableArray<SiloNow> Silos
    {
        get
        {
            lock (gate)
                return windows.Silos;
        }
    }

    /// <summary>Collects once.</summary>
    internal async Task Collect()
    {
        var silos = await engine.Figures();
        var second = Now;
        lock (gate)
        {
            // The clock was set back: what lies in its future would hide what comes.
            if (second < book.Now - MostBackwards)
                book = new SeriesBook();
            deltas.Note(book, second, silos);
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
        Message = "Figures could not be collected; it is tried again every second.")]
    private partial void LogCollectFailed(Exception fault);

    [LoggerMessage(EventId = 5232, Level = LogLevel.Warning,
        Message = "The figures could not be stored in {File}; it is tried again in 5 minutes.")]
    private partial void LogStoreFailed(string file, Exception fault);
}
