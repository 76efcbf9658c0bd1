using System.Diagnostics.CodeAnalysis;
using System.Net;
using OrleansTasks.Silo.Upkeep;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Declares members dead that have lost the database while this silo can reach it (<see cref="SignsOfLife"/>). Orleans
/// does not do so, because it considers a member alive that answers the probes of others. A member that is declared
/// dead ends itself.
/// </summary>
internal sealed partial class OrleansSignsOfLife(
    PostgresMembers members, IClusterMembershipService membership, ILocalSiloDetails own, TimeProvider time,
    ILogger<OrleansSignsOfLife> logger) : BackgroundService
{
    // Members renew their signs every 5 s. After an outage, a member may need another 15 s to notice that its last
    // connection failed.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2.5);
    // Reads further apart than this do not count as watching.
    private static readonly TimeSpan Gap = 3 * Pace;

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the next read may do better.")]
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var signs = new SignsOfLife(Patience, Gap);
        var began = time.GetTimestamp();
        using var timer = new PeriodicTimer(Pace, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var table = await members.Read();
                var silent = signs.Learn(
                    table.Members.Where(static member => member.Member.Status == (int)SiloStatus.Active)
                        .Select(static member => (member.Member.Key, member.AliveDb)),
                    (long)time.GetElapsedTime(began).TotalMilliseconds);
                foreach (var silo in silent.Select(AddressOf).Where(silo => !silo.Equals(own.SiloAddress)))
                {
                    HasLostTheDatabase(silo, Patience.TotalSeconds);
                    await membership.TryKill(silo);
                }
            }
            catch (Exception failure)
            {
                NotRead(failure);
            }
        }
    }

    private static SiloAddress AddressOf(MemberKey member) =>
        SiloAddress.New(IPAddress.Parse(member.Address), member.Port, member.Generation);

    [LoggerMessage(EventId = 4313, Level = LogLevel.Warning, Message = "Silo {Silo} has not renewed its sign of life in the database "
        + "for {Seconds} s, although this silo can reach the database. Declaring it dead.")]
    private partial void HasLostTheDatabase(SiloAddress silo, double seconds);

    [LoggerMessage(EventId = 4314, Level = LogLevel.Debug, Message = "Cannot read the members' signs of life.")]
    private partial void NotRead(Exception failure);
}
