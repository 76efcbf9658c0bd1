using OrleansTasks.Client.Tasks;
using OrleansTasks.Cluster.Link;

namespace OrleansTasks.Client.Access;

/// <summary>
/// Stores once a minute when keys were last used, as one small write if any key was. A failed write is tried again a
/// minute later. The last minute's uses are lost if the process ends.
/// </summary>
/// <param name="uses">The uses.</param>
/// <param name="grains">Stores the uses.</param>
/// <param name="link">Reports whether silos answer.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Logs faults.</param>
public sealed partial class KeyUseWriter(
    KeyUses uses, GatewayGrains grains, IClusterLink link, TimeProvider time, ILogger<KeyUseWriter> logger)
    : BackgroundService
{
    /// <summary>The maximum time before a use is stored.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        var hasFailed = false;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            var unstored = uses.Unstored();
            if (!link.IsUp || unstored.IsEmpty)
                continue;
            try
            {
                await grains.Keys.Used(unstored);
                uses.Stored(unstored);
                hasFailed = false;
            }
            catch (Exception fault) when (!stoppingToken.IsCancellationRequested)
            {
                if (!hasFailed && !Faults.IsPassing(fault))
                    LogWriteFailed(fault);
                hasFailed = true;
            }
        }
    }

    [LoggerMessage(EventId = 5251, Level = LogLevel.Warning,
        Message = "Could not store when keys were last used; trying again in a minute.")]
    private partial void LogWriteFailed(Exception fault);
}
