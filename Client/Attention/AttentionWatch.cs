using System.Diagnostics.Metrics;
using OrleansTasks.Client.Figures;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Notifications;

namespace OrleansTasks.Client.Attention;

/// <summary>
/// Determines what needs attention, every ten seconds and when a caller asks, at the <see cref="AttentionPace"/>. Snoozes
/// are kept in this process only and end with it.
/// </summary>
/// <param name="grains">The grains to read from.</param>
/// <param name="figures">The series.</param>
/// <param name="link">Reports whether silos answer.</param>
/// <param name="probe">Whether silos can activate grains.</param>
/// <param name="clock">Whether this machine's clock was set.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs faults.</param>
public sealed partial class AttentionWatch(
    GatewayGrains grains, FigureCollector figures, IClusterLink link, ActivationProbe probe, ClockWatch clock, TimeProvider time,
        ILogger<AttentionWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim turn = new(1);
    private readonly AttentionReading reading = new(grains, figures, probe, clock, time);
    private readonly AttentionBook book = new();
    private readonly AttentionChanges changes = new(query => grains.Audit.List(query));
    private ImmutableArray<AttentionItem> found = [];
    private readonly Meter meter = new("OrleansTasks.Client.Attention");
    private volatile Dictionary<string, int> counts = [];
    private long? judgedAt;
    private AttentionPace pace;

    /// <summary>Returns what needs attention and is not snoozed, severe items first.</summary>
    internal async Task<ImmutableArray<AttentionItem>> Read(CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            if (judgedAt is not { } at || time.GetElapsedTime(at) >= pace.Rest)
            {
                var began = time.GetTimestamp();
                found = AttentionRules.Judge(await reading.Read());
                pace.Note(time.GetElapsedTime(began));
                judgedAt = time.GetTimestamp();
            }

            return await changes.AddTo(book.Note(found, time.GetUtcNow().ToUnixTimeMilliseconds()));
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Hides an item for a time.</summary>
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
            "{item}", "Items that need attention and are not snoozed, by code.");
        using var timer = new PeriodicTimer(Period, time);
        var hasFailed = false;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (!link.IsUp)
                continue;
            try
            {
                // A silo in this process that is stopping may never answer, so do not make the host wait for it.
                var items = await Read(stoppingToken).WaitAsync(stoppingToken);
                counts = items.CountBy(static item => item.Code).ToDictionary();
                await grains.Notifications.Attend(
                    [.. items.Select(static item => new AttentionNote($"{item.Code} {item.Target}", item.Title))])
                    .WaitAsync(stoppingToken);
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
        Message = "Could not read the items that need attention; trying again in 10 s.")]
    private partial void LogReadFailed(Exception fault);
}
