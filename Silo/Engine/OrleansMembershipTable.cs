using System.Net;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Orleans' membership table, stored in the cluster's database. The members' signs of life are told by this silo's clock, however
/// theirs are set: as long ago as the database says.
/// </summary>
/// <param name="members">The members.</param>
/// <param name="wall">The wall clock, by which Orleans compares some signs of life.</param>
/// <param name="orleans">The clock by which it compares the others.</param>
internal sealed class OrleansMembershipTable(
    PostgresMembers members, TimeProvider wall, [FromKeyedServices(TimeProviderNames.Membership)] TimeProvider orleans) : IMembershipTable
{
    /// <inheritdoc/>
    public Task InitializeMembershipTable(bool tryInitTableVersion) =>
        tryInitTableVersion ? members.Prepare() : Task.CompletedTask;

    /// <inheritdoc/>
    public Task DeleteMembershipTableEntries(string clusterId) => members.DeleteAll(clusterId);

    /// <inheritdoc/>
    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) =>
        members.DeleteDefunct(beforeDate.UtcTicks, (int)SiloStatus.Active);

    /// <inheritdoc/>
    public async Task<MembershipTableData> ReadRow(SiloAddress key) => DataOf(await members.Read(KeyOf(key)));

    /// <inheritdoc/>
    public async Task<MembershipTableData> ReadAll() => DataOf(await members.Read());

    /// <inheritdoc/>
    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) =>
        members.Add(MemberOf(entry), tableVersion.Version, tableVersion.VersionEtag);

    /// <inheritdoc/>
    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        members.Replace(MemberOf(entry), etag, tableVersion.Version, tableVersion.VersionEtag);

    /// <inheritdoc/>
    public Task UpdateIAmAlive(MembershipEntry entry) =>
        members.KeepAlive(KeyOf(entry.SiloAddress), entry.IAmAliveTime.Ticks);

    private MembershipTableData DataOf(MemberTable table)
    {
        // By the other clock, a sign of life is then in the future, and the member is not late.
        var now = Later(wall.GetUtcNow(), orleans.GetUtcNow()).UtcDateTime;
        return new(
            [.. table.Members.Select(stored => Tuple.Create(
                EntryOf(stored.Member, now.AddMilliseconds(-Math.Max(0, stored.Silence))), stored.Etag))],
            new TableVersion(table.Version, table.Etag));
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    /// <summary>Returns the key of a silo in the table.</summary>
    internal static MemberKey KeyOf(SiloAddress silo) =>
        new(silo.Endpoint.Address.ToString(), silo.Endpoint.Port, silo.Generation);

    private static Member MemberOf(MembershipEntry entry) => new(
        KeyOf(entry.SiloAddress), (int)entry.Status, entry.ProxyPort, entry.HostName ?? "", entry.SiloName ?? "",
        entry.StartTime.Ticks,
        entry.IAmAliveTime.Ticks,
        [.. (entry.SuspectTimes ?? [])
            .Select(static vote => new Suspicion(vote.Item1.ToParsableString(), vote.Item2.Ticks))])
    {
        // Stored when a silo adds its own row; changes of other silos' rows leave theirs alone.
        Program = OrleansWireCheck.Own,
    };

    private static MembershipEntry EntryOf(Member member, DateTime alive) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Parse(member.Key.Address), member.Key.Port, member.Key.Generation),
        Status = (SiloStatus)member.Status,
        ProxyPort = member.GatewayPort,
        HostName = member.Host,
        SiloName = member.Name,
        StartTime = new DateTime(member.Started, DateTimeKind.Utc),
        IAmAliveTime = alive,
        SuspectTimes =
        [
            .. member.Suspicions.Select(static suspicion => Tuple.Create(
                SiloAddress.FromParsableString(suspicion.By), new DateTime(suspicion.At, DateTimeKind.Utc))),
        ],
    };
}
