using System.Diagnostics.Metrics;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster.Link;

namespace OrleansTasks.Client.Nodes;

/// <summary>
/// Publishes what waits for nodes as metrics, for programs that add and remove nodes. Reads it every 5 s, or less often
/// if reading takes long. While it cannot be read, there are no values rather than old ones.
/// </summary>
/// <param name="reading">Reads the queues.</param>
/// <param name="grains">The nodes.</param>
/// <param name="link">Reports whether silos answer.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs faults.</param>
public sealed partial class DemandWatch(
    DemandReading reading, GatewayGrains grains, IClusterLink link, TimeProvider time, ILogger<DemandWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    // The pause after a reading, as a multiple of its duration.
    private const int Rest = 50;
    private readonly Meter meter = new("OrleansTasks.Client.Demand");
    private volatile IReadOnlyList<DemandFigure> latest = [];

    /// <inheritdoc/>
    public override void Dispose()
    {
        meter.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        meter.CreateObservableGauge(
            "orleanstasks.demand.tasks",
            () => latest.Select(static one => new Measurement<long>(one.Tasks, TagsOf(one))),
            "{task}", "Tasks that would start at once if there were nodes for them, by what they ask of a node.");
        meter.CreateObservableGauge(
            "orleanstasks.demand.nodes",
            () => latest.Where(static one => one.Nodes is not null)
                .Select(static one => new Measurement<long>(one.Nodes!.Value, TagsOf(one))),
            "{node}", "Nodes that run all these tasks at once, like the largest that can run one.");
        using var timer = new PeriodicTimer(Period, time);
        var (hasFailed, began, took) = (false, 0L, TimeSpan.Zero);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (took > TimeSpan.Zero && time.GetElapsedTime(began) < took * Rest)
                continue;
            began = time.GetTimestamp();
            try
            {
                // A silo in this process that is stopping may never answer, so do not make the host wait for it.
                latest = link.IsUp ? await Read().WaitAsync(stoppingToken) : [];
                hasFailed = false;
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                latest = [];
                if (!hasFailed && !Faults.IsPassing(fault))
                    LogReadFailed(fault);
                hasFailed = true;
            }

            took = time.GetElapsedTime(began);
        }
    }

    private static KeyValuePair<string, object?>[] TagsOf(DemandFigure one) =>
        [new("requires", one.Requires), new("resources", one.Resources)];

    private async Task<IReadOnlyList<DemandFigure>> Read()
    {
        var demands = await reading.Read();
        return demands.IsEmpty ? [] : DemandFigure.Of(demands, await grains.Fleet.List());
    }

    [LoggerMessage(EventId = 5237, Level = LogLevel.Warning,
        Message = "Could not read what waits for nodes; trying again every few seconds.")]
    private partial void LogReadFailed(Exception fault);
}
