using Microsoft.Extensions.Options;
using Orleans.Configuration;
using OrleansTasks.Cluster.Status;

namespace OrleansTasks.Cluster.Link;

/// <summary>
/// Orleans notes by the wall clock when a connection failed, and tries again a moment later. If the clock was set back in
/// between, it would not try again until the clock has caught up. So there is no pause while the clock is behind.
/// </summary>
internal sealed class OrleansRetryPauses(ClockWatch clock, IOptions<ConnectionOptions> options) : IHostedService
{
    // Orleans adds it to the time of the failure. Any clock is a thousand years after it.
    private static readonly TimeSpan None = -TimeSpan.FromDays(365_000);

    private readonly TimeSpan usual = options.Value.ConnectionRetryDelay;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        clock.Turned += Set;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        clock.Turned -= Set;
        return Task.CompletedTask;
    }

    private void Set() => options.Value.ConnectionRetryDelay = clock.IsBehind ? None : usual;
}
