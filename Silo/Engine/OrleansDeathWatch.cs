using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Finds members whose process has ended, and declares them dead at once: their session at the database is over, and
/// their machine refuses connections to their port. Orleans alone takes some seconds, because it waits for answers to
/// its probes; members that are frozen or out of reach are left to it.
/// </summary>
internal sealed partial class OrleansDeathWatch(
    PostgresMembers members, ISiloStatusOracle statuses, IClusterMembershipService membership, ILocalSiloDetails own,
    TimeProvider time, ILogger<OrleansDeathWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly LostSessions lost = new();

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Hold(stoppingToken), Watch(stoppingToken));

    [SuppressMessage("Design", "CA1031", Justification = "Whatever broke the session, another one is opened.")]
    private async Task Hold(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await members.HoldSession(OrleansMembershipTable.KeyOf(own.SiloAddress), stop);
            }
            catch (Exception failure) when (!stop.IsCancellationRequested)
            {
                SessionBroke(failure);
                await Task.Delay(Pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the next read may do better.")]
    private async Task Watch(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(Pace, time);
        while (await timer.WaitForNextTickAsync(stop))
        {
            try
            {
                var others = statuses.GetApproximateSiloStatuses(onlyActive: true).Keys
                    .Where(silo => !silo.Equals(own.SiloAddress)).ToDictionary(OrleansMembershipTable.KeyOf);
                if (others.Count == 0)
                    continue;
                foreach (var key in lost.Learn(others.Keys, await members.FindSessions(others.Keys)))
                {
                    if (await PortProbes.Probe(key, stop) != PortProbe.Refuses)
                        continue;
                    HasEnded(others[key]);
                    await membership.TryKill(others[key]);
                }
            }
            catch (Exception failure) when (!stop.IsCancellationRequested)
            {
                NotRead(failure);
            }
        }
    }

    [LoggerMessage(EventId = 4318, Level = LogLevel.Warning, Message = "Silo {Silo} has ended: its session at the "
        + "database is over, and its port refuses connections. Declaring it dead.")]
    private partial void HasEnded(SiloAddress silo);

    [LoggerMessage(EventId = 4319, Level = LogLevel.Debug, Message = "Cannot read the members' sessions.")]
    private partial void NotRead(Exception failure);

    [LoggerMessage(EventId = 4320, Level = LogLevel.Debug,
        Message = "The session that shows that this silo is alive broke.")]
    private partial void SessionBroke(Exception failure);
}
