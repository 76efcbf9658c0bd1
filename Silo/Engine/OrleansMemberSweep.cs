using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Runs before a silo joins. Declares members dead whose process has ended (<see cref="OrleansDeathWatch"/>), and those
/// that accept no connection and whose sign of life does not change while it is watched. A joining silo waits for an
/// answer from every active member, so members that died together would delay the first one that returns.
/// </summary>
/// <remarks>
/// The age of a sign of life proves nothing: after a database outage, all are old. Members that accept connections are
/// left alone.
/// </remarks>
internal sealed partial class OrleansMemberSweep(PostgresMembers members, TimeProvider time, ILogger<OrleansMemberSweep> logger)
    : IHostedService
{
    /// <summary>How long members are watched; longer than the interval between two signs of life.</summary>
    internal TimeSpan Watched { get; init; } = TimeSpan.FromSeconds(8);

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var (suspects, ended) = await Unreachable(await members.Read(), cancellationToken);
        while (ended.Count > 0 && !await DeclareDead(ended))
            ended = StillSilent(ended, await members.Read());
        suspects = StillSilent(suspects, await members.Read());
        while (suspects.Count > 0 && time.GetElapsedTime(began) < Watched)
        {
            await Task.Delay(Watched / 8, time, cancellationToken);
            suspects = StillSilent(suspects, await members.Read());
        }

        while (suspects.Count > 0 && !await DeclareDead(suspects))
            suspects = StillSilent(suspects, await members.Read());
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Returns the suspects that are still active and have given no new sign of life.</summary>
    internal static List<StoredMember> StillSilent(IReadOnlyList<StoredMember> suspects, MemberTable now) =>
        [.. now.Members.Where(IsActive).Where(member => suspects.Any(suspect =>
            suspect.Member.Key == member.Member.Key && suspect.AliveDb == member.AliveDb))];

    private static bool IsActive(StoredMember member) => member.Member.Status == (int)SiloStatus.Active;

    // Those that accept no connection, and among them those whose process has ended: nothing listens at their port, and
    // they hold no session at the database.
    private async Task<(List<StoredMember> Silent, List<StoredMember> Ended)> Unreachable(
        MemberTable table, CancellationToken cancellation)
    {
        var active = table.Members.Where(IsActive).ToArray();
        var probes = await Task.WhenAll(active.Select(member => PortProbes.Probe(member.Member.Key, cancellation)));
        var holders = await members.FindSessions([.. active.Select(static member => member.Member.Key)]);
        var unreachable = active.Zip(probes).Where(static member => member.Second != PortProbe.Accepts).ToArray();
        return (
            [.. unreachable.Select(static member => member.First)],
            [
                .. unreachable.Where(static member => member.Second == PortProbe.Refuses)
                    .Select(static member => member.First).Where(member => !holders.Contains(member.Member.Key)),
            ]);
    }

    /// <summary>Declares the suspects dead. Returns false if the table changed in between.</summary>
    private async Task<bool> DeclareDead(List<StoredMember> suspects)
    {
        foreach (var suspect in suspects)
        {
            var table = await members.Read();
            if (StillSilent([suspect], table) is not [var member])
                continue;
            var dead = member.Member with { Status = (int)SiloStatus.Dead };
            if (!await members.Replace(dead, member.Etag, table.Version + 1, table.Etag))
                return false;
            Declared(member.Member.Name, member.Member.Key.Address, member.Member.Key.Port);
        }

        return true;
    }

    [LoggerMessage(EventId = 4503, Level = LogLevel.Warning,
        Message = "Declaring silo {Name} at {Address}:{Port} dead: it accepts no connections, and its process "
            + "has ended or its sign of life has expired.")]
    private partial void Declared(string name, string address, int port);
}
