using System.Diagnostics.Metrics;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Client.Attention;

/// <summary>
/// Judges every ten seconds what needs attention, and when somebody asks, but at most a fiftieth of the time. Snoozes
/// are this gateway's and end with it.
/// </summary>
/// <param name="grains">Where to read.</param>
/// <param name="figures">The series.</param>
/// <param name="link">Whether silos answer.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Gets faults.</param>
public sealed partial class AttentionWatch(
    GatewayGrains grains, FigureCollector figures, IClusterLink link, TimeProvider time,
        ILogger<AttentionWatch> logger) : BackgroundService
{
    private const int Rest = 50;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LeastAge = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim turn = new(1);
    private readonly AttentionReading reading = new(grains, figures, time);
    private readonly AttentionBook book = new();
    private readonly AttentionChanges changes = new(query => grains.Audit.List(query));
    private ImmutableArray<AttentionItem> found = [];
    private readonly Meter meter = new("OrleansTasks.Client.Attention");
    private volatile Dictionary<string, int> counts = [];
    private long? judgedAt;
    private TimeSpan took;

    /// <summary>What needs attention and is not snoozed, the severe first.</summary>
    internal async Task<ImmutableArray<AttentionItem>> Read(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            var age = judgedAt is { } at ? time.GetElapsedTime(at) : TimeSpan.MaxValue;
            if (age >= LeastAge && age >= took * Rest)
            {
                var began = time.GetTimestamp();
                found = AttentionRules.Judge(await reading.Read());
                (judgedAt, took) = (time.GetTimestamp(), time.GetElapsedTime(began));
            }

            return await changes.AddTo(book.Note(found, time.GetUtcNow().ToUnixTimeMilliseconds()));
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Hides something for a time.</summary>
    internal async Task Hide(Snooze snooze, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            book.Snooze(snooze.Code, snooze.Target, now + (long)snooze.For.TotalMilliseconds, now);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        turn.Dispose();
        meter.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Every code has a value, so that an alert ends when its item does.
        meter.CreateObservableGauge(
            "orleanstasks.attention.items",
            () => SnoozeReader.Codes.Select(code =>
                new Measurement<int>(counts.GetValueOrDefault(code), new KeyValuePair<string, object?>("code", code))),
            "{item}", "What needs attention and is not snoozed, by code.");
        using var timer = new PeriodicTimer(Period, time);
        var hasFailed = false;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (!link.IsUp)
                continue;
            try
            {
                // A silo of this process that stops may never answer: do not make the host wait for it.
                var items = await Read(stoppingToken).WaitAsync(stoppingToken);
                counts = items.CountBy(static item => item.Code).ToDictionary();
                hasFailed = false;
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                if (!hasFailed && !Faults.IsPassing(fault))
                    LogReadFailed(fault);
                hasFailed = true;
            }
        }
    }

    [LoggerMessage(EventId = 5241, Level = LogLevel.Warning,
        Message = "What needs attention could not be read; it is tried again in 10 s.")]
    private partial void LogReadFailed(Exception fault);
}
