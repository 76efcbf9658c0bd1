using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Postgres.Members;
using OrleansTasks.Tests.Postgres;

namespace OrleansTasks.Storage.Tests.Postgres;

/// <summary>
/// The table of members keeps the rules that the engine's membership protocol is built on: a change is whole or not at
/// all, and only of what its maker has seen.
/// </summary>
[Trait("Needs", "postgres")]
public sealed class MembersTests : IAsyncLifetime
{
    private const int Joining = 2;
    private const int Active = 3;
    private const int Dead = 6;
    private static readonly MemberProgram Program = new("0.2.0", 3, 2);
    private readonly PostgresTestDatabase data = new();
    private PostgresMembers members = null!;

    public async ValueTask InitializeAsync()
    {
        _ = data.Database;
        members = await PostgresMembers.Open(data.Options.ConnectionString, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await members.DisposeAsync();
        data.Dispose();
    }

    [Fact]
    public async Task Read_NewDatabase_HasVersionZeroAndNobody()
    {
        var table = await members.Read();
        Assert.Equal(0, table.Version);
        Assert.NotEmpty(table.Etag);
        Assert.Empty(table.Members);
        Assert.Equal(32, members.Cluster.Length);
        await using var again = await PostgresMembers.Open(
            data.Options.ConnectionString, TestContext.Current.CancellationToken);
        Assert.Equal(members.Cluster, again.Cluster);
    }

    // Silence grows between two reads.
    private static MemberTable AtOnce(MemberTable table) =>
        table with { Members = [.. table.Members.Select(static member => member with { Silence = 0 })] };

    [Fact]
    public async Task Add_TwiceOrByAnOldTable_IsRefusedAndChangesNothing()
    {
        var empty = await members.Read();
        Assert.True(await members.Add(New(1), 1, empty.Etag));
        var one = await members.Read();
        Assert.NotEqual(empty.Etag, one.Etag);

        Assert.False(await members.Add(New(2), 2, empty.Etag));
        Assert.False(await members.Add(New(1), 2, one.Etag));

        Assert.Equivalent(AtOnce(one), AtOnce(await members.Read()));
        Assert.Equal(1, one.Version);
        Assert.Equivalent(New(1), Assert.Single(one.Members).Member);
    }

    [Fact]
    public async Task Replace_WithOldMarks_IsRefusedAndChangesNothing()
    {
        await Add(New(1));
        await Add(New(2));
        var before = await members.Read();
        var mark = before.Members[0].Etag;
        var changed = New(1) with
        {
            Status = Dead, Suspicions = [new Suspicion("10.0.0.2:20000@2", 77), new Suspicion("10.0.0.3:20000@3", 78)],
            // A silo of another version declares this one dead, and must not write its own version there.
            Program = new MemberProgram("9.9.9", 9, 9),
        };

        Assert.False(await members.Replace(changed, mark, 3, "0"));
        Assert.False(await members.Replace(changed, "0", 3, before.Etag));
        Assert.False(await members.Replace(New(9), mark, 3, before.Etag));
        Assert.Equivalent(AtOnce(before), AtOnce(await members.Read()));

        Assert.True(await members.Replace(changed, mark, 3, before.Etag));
        Assert.False(await members.Replace(changed, mark, 4, before.Etag));
        var after = await members.Read();
        Assert.Equal(3, after.Version);
        Assert.NotEqual(mark, after.Members[0].Etag);
        Assert.Equivalent(changed with { Program = Program }, after.Members[0].Member);
        Assert.Equivalent(AtOnce(before).Members[1], AtOnce(after).Members[1]);
    }

    [Fact]
    public async Task Replace_ByManyAtOnce_LetsOneWinAtATime()
    {
        await Add(New(1));
        var seen = await members.Read();
        var won = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Attempt()));
        Assert.Single(won, static one => one);
        Assert.Equal(2, (await members.Read()).Version);

        Task<bool> Attempt() => members.Replace(New(1), seen.Members[0].Etag, 2, seen.Etag);
    }

    [Fact]
    public async Task Read_OfOne_HasThatOneAndTheVersion()
    {
        await Add(New(1));
        await Add(New(2));
        var found = await members.Read(New(2).Key);
        Assert.Equal(2, found.Version);
        Assert.Equal(New(2).Key, Assert.Single(found.Members).Member.Key);
        var missing = await members.Read(New(3).Key);
        Assert.Equal(2, missing.Version);
        Assert.Empty(missing.Members);
    }

    [Fact]
    public async Task KeepAlive_ChangesTheTimesAlone()
    {
        await Add(New(1));
        data.Execute("UPDATE ot.members SET alive_db = alive_db - interval '1 hour'");
        var before = await members.Read();
        await members.KeepAlive(New(1).Key, 5_000);
        var after = await members.Read();
        Assert.Equal(5_000, after.Members[0].Member.Alive);
        Assert.True(after.Members[0].AliveDb - before.Members[0].AliveDb >= 3_600_000);
        Assert.Equal(before.Members[0].Etag, after.Members[0].Etag);
        Assert.Equal((before.Version, before.Etag), (after.Version, after.Etag));
    }

    [Fact]
    public async Task DeleteDefunct_DeletesEveryOldMemberThatIsNotActive()
    {
        foreach (var status in Enumerable.Range(0, 7))
            await Add(New(status + 1) with { Status = status, Started = 10, Alive = 20 });
        await Add(New(8) with { Status = Joining, Started = 10, Alive = 2_000 });
        await Add(New(9) with { Status = Dead, Started = 2_000, Alive = 20 });
        await members.DeleteDefunct(1_000, Active);
        Assert.Equal([4, 8, 9], (await members.Read()).Members.Select(static one => one.Member.Key.Generation));
    }

    [Fact]
    public async Task DeleteAll_OfAnotherCluster_LeavesThisOne()
    {
        await Add(New(1));
        await members.DeleteAll("another");
        Assert.Single((await members.Read()).Members);
        await members.DeleteAll(members.Cluster);
        await members.Prepare();
        var table = await members.Read();
        Assert.Equal(0, table.Version);
        Assert.Empty(table.Members);
    }

    [Fact]
    public async Task Open_AnotherDatabase_HasAnIdentityOfItsOwnThatStays()
    {
        PostgresServer.Shared.CreateDatabase("another");
        var connection = PostgresServer.Shared.ConnectionString("another");
        await using var opened = await PostgresMembers.Open(connection, TestContext.Current.CancellationToken);
        Assert.Empty((await opened.Read()).Members);
        await using var again = await PostgresMembers.Open(connection, TestContext.Current.CancellationToken);
        Assert.Equal(opened.Cluster, again.Cluster);
        Assert.NotEqual(members.Cluster, opened.Cluster);
    }

    [Fact]
    public async Task Open_ByTheSilosOfACluster_SharesWhatOneAloneCannotHave()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var shared = new PostgresStorageOptions
        {
            ConnectionString = data.Options.ConnectionString, IsOwner = true, IsShared = true,
            OwnerPatience = TimeSpan.Zero,
        };
        var alone = new PostgresStorageOptions
        {
            ConnectionString = data.Options.ConnectionString, IsOwner = true, OwnerPatience = TimeSpan.Zero,
        };
        await using (await PostgresDatabase.Open(shared, data.Clock, cancellation))
        await using (await PostgresDatabase.Open(shared, data.Clock, cancellation))
        {
            var refused = await Assert.ThrowsAsync<UnusableDatabaseException>(
                () => PostgresDatabase.Open(alone, data.Clock, cancellation));
            Assert.Contains("needs exclusive use", refused.Message, StringComparison.Ordinal);
        }

        await using (await PostgresDatabase.Open(alone, data.Clock, cancellation))
        {
            var refused = await Assert.ThrowsAsync<UnusableDatabaseException>(
                () => PostgresDatabase.Open(shared, data.Clock, cancellation));
            Assert.Contains("has exclusive use of the database", refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Restore_IsAnotherClusterWithoutMembers()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await Add(New(1));
        using var folder = new TempFolder();
        var copy = folder.File("copy");
        await new PostgresMaintenance(data.Options).Backup(copy, cancellation);
        PostgresServer.Shared.CreateDatabase("copied");
        var restored = new PostgresStorageOptions
        {
            ConnectionString = PostgresServer.Shared.ConnectionString("copied"),
        };
        await new PostgresMaintenance(restored).Restore(copy, isPaused: false, cancellation);

        await using var found = await PostgresMembers.Open(restored.ConnectionString, cancellation);
        Assert.NotEqual(members.Cluster, found.Cluster);
        Assert.Empty((await found.Read()).Members);
    }

    private static Member New(int generation) => new(
        new MemberKey("10.0.0.1", 20_000, generation), Joining, 30_000, "host1", $"silo {generation}", 1_000, 2_000,
        [new Suspicion("10.0.0.9:20000@9", 5)]) { Program = Program };

    private async Task Add(Member member)
    {
        var table = await members.Read();
        Assert.True(await members.Add(member, table.Version + 1, table.Etag));
    }
}
