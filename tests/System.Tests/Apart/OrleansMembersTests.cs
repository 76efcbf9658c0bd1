using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Silo.Engine;
using OrleansTasks.Silo.Status;
using OrleansTasks.Storage.Postgres.Members;
using OrleansTasks.System.Tests.Running;
using OrleansTasks.System.Tests.Silo;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.System.Tests.Apart;

/// <summary>
/// Orleans' entries in the table of members, the gateways that it names, and the sweep before a silo joins. The rules
/// of the table itself are tested in Storage.Tests.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class OrleansMembersTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static int made;
    private PostgresMembers members = null!;
    private OrleansMembershipTable table = null!;

    public async ValueTask InitializeAsync()
    {
        var name = $"members{Interlocked.Increment(ref made)}";
        PostgresServer.Shared.CreateDatabase(name);
        members = await PostgresMembers.Open(
            PostgresServer.Shared.ConnectionString(name), TestContext.Current.CancellationToken);
        table = new OrleansMembershipTable(members, TimeProvider.System, TimeProvider.System);
        await table.InitializeMembershipTable(tryInitTableVersion: true);
    }

    public ValueTask DisposeAsync() => members.DisposeAsync();

    [Fact]
    public async Task Entry_WrittenAndReadBack_IsTheSame()
    {
        var entry = Entry(1, SiloStatus.Joining, 30_000);
        entry.AddSuspector(
            Entry(2, SiloStatus.Active, 0).SiloAddress, new DateTime(2026, 11, 5, 9, 30, 0, DateTimeKind.Utc));
        Assert.True(await table.InsertRow(entry, (await table.ReadAll()).Version.Next()));
        Assert.False(await table.InsertRow(entry, (await table.ReadAll()).Version.Next()));

        var read = await table.ReadRow(entry.SiloAddress);
        Assert.Equal(1, read.Version.Version);
        Assert.Equal(Text(entry), Text(read.TryGet(entry.SiloAddress)!.Item1));

        entry.Status = SiloStatus.Active;
        Assert.True(await table.UpdateRow(entry, read.Members[0].Item2, read.Version.Next()));
        Assert.False(await table.UpdateRow(entry, read.Members[0].Item2, read.Version.Next()));
        Assert.Equal(Text(entry), Text((await table.ReadAll()).Members[0].Item1));
    }

    /// <summary>Orleans takes a member for stale whose sign of life is old by the reader's clock.</summary>
    [Theory]
    [InlineData(-8)]
    [InlineData(0)]
    [InlineData(8)]
    public async Task SignOfLife_WhateverTheClocksAreSetTo_IsAsOldAsTheDatabaseSays(int hours)
    {
        var clock = new ForwardTime();
        var reader = new OrleansMembershipTable(members, clock, new OrleansTime(clock));
        clock.StepWall(TimeSpan.FromHours(hours));
        var entry = Entry(1, SiloStatus.Active, 0);
        await Add(entry);
        await table.UpdateIAmAlive(entry);

        var read = (await reader.ReadAll()).Members[0].Item1.IAmAliveTime;

        var later = hours > 0 ? clock.GetUtcNow() : TimeProvider.System.GetUtcNow();
        Assert.InRange(later - read, -TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Gateways_AreTheActiveMembersThatMeetThem()
    {
        await Add(Entry(1, SiloStatus.Active, 30_001));
        await Add(Entry(2, SiloStatus.Active, 0));
        await Add(Entry(3, SiloStatus.Dead, 30_003));
        var gateways = await new OrleansMemberGateways(members, TimeSpan.FromSeconds(1), Clock()).GetGateways();
        Assert.Equal(["gwy.tcp://10.0.0.1:30001/1"], gateways.Select(static one => one.ToString()));
    }

    [Fact]
    public async Task Cleanup_OfOldEntries_LeavesTheActiveOnes()
    {
        foreach (var status in Enum.GetValues<SiloStatus>())
            await Add(Entry((int)status + 1, status, 0));
        await table.CleanupDefunctSiloEntries(new DateTimeOffset(2026, 11, 6, 0, 0, 0, TimeSpan.Zero));
        Assert.Equal(SiloStatus.Active, Assert.Single((await table.ReadAll()).Members).Item1.Status);
    }

    [Fact]
    public async Task Sessions_AreThoseOfMembersThatHoldOne_AsLongAsTheyDo()
    {
        var own = new MemberKey("fd00:1234:5678:9abc:def0:1234:5678:9abc", 30_010, 1_900_000_000);
        MemberKey[] all = [own, own with { Port = 30_011 }, own with { Generation = 1_900_000_001 }];
        Assert.Empty(await members.FindSessions(all));
        using var over = new CancellationTokenSource();
        var held = members.HoldSession(own, over.Token);
        await Until.Holds("the session is there", TimeSpan.FromSeconds(30), async () => await members.FindSessions(all) is [var one] && one == own);

        await over.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held);
        await Until.Holds("the session is over", TimeSpan.FromSeconds(30), async () => (await members.FindSessions(all)).IsEmpty);
    }

    [Fact]
    public async Task Session_ThatTheServerEnds_Throws()
    {
        var own = new MemberKey("10.0.0.1", 30_010, 1);
        var held = members.HoldSession(own, None);
        await Until.Holds("the session is there", TimeSpan.FromSeconds(30), async () => (await members.FindSessions([own])).Length == 1);

        PostgresServer.Shared.Execute("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'otask 1@10.0.0.1:30010'");

        await Assert.ThrowsAnyAsync<Exception>(() => held);
    }

    [Fact]
    public void LostSessions_AreThoseThatWereSeen()
    {
        var (one, two, three) = (new MemberKey("a", 1, 1), new MemberKey("a", 2, 1), new MemberKey("a", 3, 1));
        var lost = new LostSessions();

        Assert.Empty(lost.Learn([one, two, three], [one]));
        Assert.Equal([one], lost.Learn([one, two, three], [two]));
        // It stays lost until it is back, or no member any more.
        Assert.Equal([one], lost.Learn([one, two, three], [two]));
        Assert.Empty(lost.Learn([one, two], [one, two]));
        Assert.Equal([two], lost.Learn([two, three], []));
        Assert.Empty(lost.Learn([one, three], []));
    }

    [Fact]
    public async Task Sweep_DeclaresDeadAtOnceWhatHasEnded()
    {
        var (ended, another) = (Local(1), Local(2));
        await Add(ended);
        await Add(another);
        using var over = new CancellationTokenSource();
        var held = members.HoldSession(new MemberKey("127.0.0.1", 2, 1), over.Token);
        await Until.Holds("the session is there", TimeSpan.FromSeconds(30), async () =>
            (await members.FindSessions([new MemberKey("127.0.0.1", 2, 1)])).Length == 1);
        // The watch over the other one does not end.
        using var stop = new CancellationTokenSource();
        var sweep = new OrleansMemberSweep(members, TimeProvider.System, NullLogger<OrleansMemberSweep>.Instance)
        {
            Watched = TimeSpan.FromDays(1),
        }.StartAsync(stop.Token);

        await Until.Holds("the one that has ended is dead", TimeSpan.FromSeconds(30), async () =>
            (await table.ReadAll()).TryGet(ended.SiloAddress)!.Item1.Status == SiloStatus.Dead);

        Assert.False(sweep.IsCompleted);
        Assert.Equal(SiloStatus.Active, (await table.ReadAll()).TryGet(another.SiloAddress)!.Item1.Status);
        await stop.CancelAsync();
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sweep);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held);
    }

    [Fact]
    public async Task Sweep_DeclaresDeadWhatIsUnreachableAndSilent()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var reachable = Local(((IPEndPoint)listener.LocalEndpoint).Port);
        var (silent, alive, leaving) = (Local(1), Local(2), Local(3));
        leaving.Status = SiloStatus.ShuttingDown;
        foreach (var entry in new[] { reachable, silent, alive, leaving })
            await Add(entry);
        // With sessions, so that both are watched.
        using var over = new CancellationTokenSource();
        MemberKey[] watched = [new("127.0.0.1", 1, 1), new("127.0.0.1", 2, 1)];
        var held = Task.WhenAll(watched.Select(key => members.HoldSession(key, over.Token)));
        await Until.Holds("the sessions are there", TimeSpan.FromSeconds(30), async () =>
            (await members.FindSessions(watched)).Length == 2);
        var sweep = new OrleansMemberSweep(members, TimeProvider.System, NullLogger<OrleansMemberSweep>.Instance)
        {
            Watched = TimeSpan.FromMilliseconds(400),
        }.StartAsync(None);
        while (!sweep.IsCompleted)
            await table.UpdateIAmAlive(alive);
        await sweep;
        var read = await table.ReadAll();
        Assert.Equal(SiloStatus.Dead, read.TryGet(silent.SiloAddress)!.Item1.Status);
        Assert.Equal(SiloStatus.Active, read.TryGet(reachable.SiloAddress)!.Item1.Status);
        Assert.Equal(SiloStatus.Active, read.TryGet(alive.SiloAddress)!.Item1.Status);
        Assert.Equal(SiloStatus.ShuttingDown, read.TryGet(leaving.SiloAddress)!.Item1.Status);
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held);
    }

    /// <summary>
    /// Orleans pauses for up to a minute after an outage of the database. The others would declare this silo dead, and it
    /// would not read so.
    /// </summary>
    [Fact]
    public async Task OwnSigns_CatchUpWhileOrleansPauses()
    {
        var own = Local(1);
        await Add(own);
        async Task<long> Sign() => (await members.Read(OrleansMembershipTable.KeyOf(own.SiloAddress))).Members[0].AliveDb;
        var old = await Sign();
        var orleans = new PausingMembership();
        using var signs = new OrleansSignsOfLife(
            members, orleans, null!, new DatabaseLoss(TimeProvider.System), new OwnDetails(own.SiloAddress), TimeProvider.System,
            NullLogger<OrleansSignsOfLife>.Instance);
        await signs.StartAsync(None);

        await Until.Holds("there is another sign of life", TimeSpan.FromSeconds(30), async () => await Sign() > old);

        Assert.Equal(1, orleans.Refreshed.Value);
        await signs.StopAsync(None);
    }

    // Without the sign of life, which is told by the reader's clock.
    private static string Text(MembershipEntry entry)
    {
        var alive = entry.IAmAliveTime;
        entry.IAmAliveTime = default;
        var text = entry.ToFullString();
        entry.IAmAliveTime = alive;
        return text;
    }

    private static ClockWatch Clock() => new(TimeProvider.System, NullLogger<ClockWatch>.Instance);

    private static MembershipEntry Local(int port)
    {
        var entry = Entry(1, SiloStatus.Active, 0);
        entry.SiloAddress = SiloAddress.New(IPAddress.Loopback, port, 1);
        return entry;
    }

    private static MembershipEntry Entry(int number, SiloStatus status, int gatewayPort) => new()
    {
        SiloAddress = SiloAddress.New(IPAddress.Parse($"10.0.0.{number}"), 20_000, number),
        Status = status,
        ProxyPort = gatewayPort,
        HostName = "host",
        SiloName = $"silo {number}",
        StartTime = new DateTime(2026, 11, 5, 9, 0, 0, DateTimeKind.Utc),
        IAmAliveTime = new DateTime(2026, 11, 5, 9, 0, 5, DateTimeKind.Utc),
        SuspectTimes = [],
    };

    private async Task Add(MembershipEntry entry) =>
        Assert.True(await table.InsertRow(entry, (await table.ReadAll()).Version.Next()));

    private sealed class PausingMembership : IClusterMembershipService
    {
        public MembershipVersion Refreshed { get; private set; } = MembershipVersion.MinValue;

        public ClusterMembershipSnapshot CurrentSnapshot => new(ImmutableDictionary<SiloAddress, ClusterMember>.Empty, Refreshed);

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default)
        {
            Refreshed = minimumVersion;
            return default;
        }

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }

    private sealed class OwnDetails(SiloAddress own) : ILocalSiloDetails
    {
        public string Name => "own";

        public string ClusterId => "cluster";

        public string DnsHostName => "host";

        public SiloAddress SiloAddress => own;

        public SiloAddress GatewayAddress => own;
    }
}
