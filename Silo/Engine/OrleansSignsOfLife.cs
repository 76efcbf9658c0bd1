using System.Diagnostics.CodeAnalysis;
using System.Net;
using OrleansTasks.Silo.Status;
using OrleansTasks.Silo.Upkeep;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Finds members that have lost the database while this silo can reach it (<see cref="SignsOfLife"/>): tells them first
/// (<see cref="DatabaseLoss"/>), and then declares them dead. Orleans does not do so, because it considers a member alive
/// that answers the probes of others. A member that is declared dead ends itself once it reads so.
/// </summary>
/// <remarks>
/// After an outage of the database, this silo reads who is a member, and gives a sign of life, within seconds. Otherwise,
/// it could be declared dead although it reaches the database again, or go on although it is.
/// </remarks>
internal sealed partial class OrleansSignsOfLife(
    PostgresMembers members, IClusterMembershipService membership, IGrainFactory grains, DatabaseLoss loss, ILocalSiloDetails own,
    TimeProvider time, ILogger<OrleansSignsOfLife> logger) : BackgroundService
{
    // Two signs that did not come. The member checks whether it reaches the database, so it may be told early.
    private static readonly TimeSpan Notice = TimeSpan.FromSeconds(10);
    // Members renew their signs every 5 s. After an outage, a member may need another 15 s to notice that its last
    // connection failed.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    // Longer than the interval between two signs of life.
    private static readonly TimeSpan Overdue = TimeSpan.FromSeconds(7.5);
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(2.5);
    // Reads further apart than this do not count as watching.
    private static readonly TimeSpan Gap = 3 * Pace;

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever went wrong, the next read may do better.")]
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var late = new SignsOfLife(Notice, Gap);
        var silent = new SignsOfLife(Patience, Gap);
        var began = time.GetTimestamp();
        using var timer = new PeriodicTimer(Pace, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var table = await members.Read();
                if (loss.Reach())
                    ReachesTheDatabaseAgain();
                await CatchUp(table, stoppingToken);
                var signs = table.Members.Where(static member => member.Member.Status == (int)SiloStatus.Active)
                    .Select(static member => (member.Member.Key, member.AliveDb)).ToList();
                var now = (long)time.GetElapsedTime(began).TotalMilliseconds;
                foreach (var silo in Others(late.Learn(signs, now)))
                    // Not awaited: another silo that does not answer holds nothing up.
                    _ = Tell(silo);
                foreach (var silo in Others(silent.Learn(signs, now)))
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

    // Orleans does both by itself, but pauses for up to a minute after calls that failed.
    private async Task CatchUp(MemberTable table, CancellationToken stop)
    {
        var version = new MembershipVersion(table.Version);
        if (membership.CurrentSnapshot.Version < version)
            await membership.Refresh(version, stop);
        var key = OrleansMembershipTable.KeyOf(own.SiloAddress);
        if (table.Members.Any(member => member.Member.Key == key && member.Silence > Overdue.TotalMilliseconds))
            await members.KeepAlive(key, time.GetUtcNow().UtcTicks);
    }

    [SuppressMessage("Design", "CA1031", Justification = "The member is told again, and declared dead in the end.")]
    private async Task Tell(SiloAddress silo)
    {
        try
        {
            await OrleansDatabaseNotice.Tell(grains, silo);
        }
        catch (Exception failure)
        {
            NotTold(failure, silo);
        }
    }

    private IEnumerable<SiloAddress> Others(IEnumerable<MemberKey> found) =>
        found.Select(AddressOf).Where(silo => !silo.Equals(own.SiloAddress));

    private static SiloAddress AddressOf(MemberKey member) =>
        SiloAddress.New(IPAddress.Parse(member.Address), member.Port, member.Generation);

    [LoggerMessage(EventId = 4313, Level = LogLevel.Warning, Message = "Silo {Silo} has not renewed its sign of life in the database "
        + "for {Seconds} s, although this silo can reach the database. Declaring it dead.")]
    private partial void HasLostTheDatabase(SiloAddress silo, double seconds);

    [LoggerMessage(EventId = 4314, Level = LogLevel.Debug, Message = "Cannot read the members' signs of life.")]
    private partial void NotRead(Exception failure);

    [LoggerMessage(EventId = 4316, Level = LogLevel.Information, Message = "This silo reaches the database again, and takes workers.")]
    private partial void ReachesTheDatabaseAgain();

    [LoggerMessage(EventId = 4317, Level = LogLevel.Debug, Message = "Not every silo was told that silo {Silo} has lost the database.")]
    private partial void NotTold(Exception failure, SiloAddress silo);
}
