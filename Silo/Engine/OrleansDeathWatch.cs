using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Finds members whose process has ended, and declares them dead at once: their session at the database is over, and their machine refuses
/// connections to their port. Orleans alone needs some seconds, because it waits for probes that are not answered; it does so for members
/// that are frozen or cannot be reached.
/// </summary>
internal sealed partial class OrleansDeathWatch(
    PostgresMembers members, ISiloStatusOracle statuses, IClusterMembershipService membership, ILocalSiloDetails own, TimeProvider time,
    ILogger<OrleansDeathWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly LostSessions lost = new();

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(Hold(stoppingToken), Watch(stoppingToken));

    [SuppressMessage("Design", "CA1031", Justification = "Whatever broke the session, another one is opened.")]
    private async Task Hold(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await members.HoldSession(KeyOf(own.SiloAddress), stop);
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
            var others = statuses.GetApproximateSiloStatuses(onlyActive: true).Keys.Where(silo => !silo.Equals(own.SiloAddress))
                .ToDictionary(KeyOf);
            if (others.Count == 0)
                continue;
            try
            {
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

    private static MemberKey KeyOf(SiloAddress silo) => new(silo.Endpoint.Address.ToString(), silo.Endpoint.Port, silo.Generation);

    [LoggerMessage(EventId = 4318, Level = LogLevel.Warning, Message = "Silo {Silo} has ended: its session at the database is over, and its "
        + "port refuses connections. Declaring it dead.")]
    private partial void HasEnded(SiloAddress silo);

    [LoggerMessage(EventId = 4319, Level = LogLevel.Debug, Message = "Cannot read the members' sessions.")]
    private partial void NotRead(Exception failure);

    [LoggerMessage(EventId = 4320, Level = LogLevel.Debug, Message = "The session that shows that this silo lives broke.")]
    private partial void SessionBroke(Exception failure);
}
