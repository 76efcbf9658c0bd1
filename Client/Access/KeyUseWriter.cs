using OrleansTasks.Client.Tasks;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Client.Access;

/// <summary>
/// Has the silo store once a minute when keys were last used: one small write if any key was. What it cannot store it
/// tries again a minute later; the uses of the last minute are lost when the process ends.
/// </summary>
/// <param name="uses">The uses.</param>
/// <param name="grains">Where they are stored.</param>
/// <param name="link">Whether silos answer.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Gets faults.</param>
public sealed partial class KeyUseWriter(
    KeyUses uses, GatewayGrains grains, IClusterLink link, TimeProvider time, ILogger<KeyUseWriter> logger)
    : BackgroundService
{
    /// <summary>How long a use may wait to be stored.</summary>
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
        Message = "When keys were last used could not be stored; it is tried again in a minute.")]
    private partial void LogWriteFailed(Exception fault);
}
