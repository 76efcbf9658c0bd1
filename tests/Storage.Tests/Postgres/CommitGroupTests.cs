using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Postgres;
using OrleansTasks.Storage.Postgres.Writing;

namespace OrleansTasks.Storage.Tests.Postgres;

/// <summary>Several queues' commits in one transaction.</summary>
[Trait("Needs", "postgres")]
public sealed class CommitGroupTests : IDisposable
{
    private readonly PostgresTestDatabase data = new();

    private PostgresTaskStore Store => field ??= new PostgresTaskStore(data.Database);

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Write_GroupWithAFencedMember_WritesTheOthersInOneTransaction()
    {
        var queues = await Take(3);
        await Store.TakeEpoch(queues[1].Name, null, default);
        var writes = queues.ConvertAll(static queue => queue.New());

        var outcomes = await Write([.. queues.Select((queue, i) => queue.Plan([writes[i]]))]);

        Assert.Equal([CommitOutcome.Committed, CommitOutcome.Fenced, CommitOutcome.Committed], outcomes);
        Assert.Equal([true, false, true], await AreStored(writes));
        // The log has no gap for the fenced one.
        Assert.Equal([1L, 2], (await Store.ReadEventLog(0, 10)).Records.Select(static record => record.Number));
        Assert.Equal(1, Transactions());
    }

    [Fact]
    public async Task Write_GroupWithABadMember_WritesTheOthers()
    {
        var queues = await Take(4);
        await Store.TakeEpoch(queues[3].Name, null, default);
        var writes = queues.ConvertAll(static queue => queue.New());
        var missing = new TaskWrite { Row = queues[1].New().Row };

        var outcomes = await Write([.. queues.Select((queue, i) => queue.Plan(i == 1 ? [writes[i], missing] : [writes[i]]))]);

        Assert.Equal([CommitOutcome.Committed, CommitOutcome.Refused, CommitOutcome.Committed, CommitOutcome.Fenced], outcomes);
        Assert.Equal([true, false, true, false], await AreStored(writes));
    }

    [Fact]
    public async Task Write_TwoMembersWithOneKey_WritesTheFirst()
    {
        var queues = await Take(2);
        var key = new IdempotencyEntry(TestRows.Bytes("key"), TestRows.Bytes("body"), TestRows.Bytes("answer"));

        var outcomes = await Write([.. queues.Select(queue => queue.Plan([queue.New()], key))]);

        Assert.Equal([CommitOutcome.Committed, CommitOutcome.Refused], outcomes);
    }

    [Fact]
    public async Task Write_TextThatTheDatabaseCannotHold_IsMadeStorable_AndARowThatCannotBeWrittenIsRefusedAlone()
    {
        var queues = await Take(4);
        string[] names = ["fine", "a\0b", "\ud800"];

        var outcomes = await Write(
        [
            .. names.Select((name, i) => queues[i].Plan([queues[i].New(task => task with { Name = name })])),
            queues[3].Plan([queues[3].New(static task => task with { Retry = null! })]),
        ]);

        Assert.Equal([CommitOutcome.Committed, CommitOutcome.Committed, CommitOutcome.Committed, CommitOutcome.Refused], outcomes);
    }

    [Fact]
    public async Task Write_TwoMembersFailForWhatIsNotTheirs_EndsTheRestWithThem()
    {
        data.Options.LockTimeout = TimeSpan.FromMilliseconds(100);
        var queues = await Take(4);
        await using var other = new Npgsql.NpgsqlConnection(data.Options.ConnectionString);
        await other.OpenAsync(TestContext.Current.CancellationToken);
        await using var holds = new Npgsql.NpgsqlCommand("BEGIN; SELECT no FROM ot.queues ORDER BY no LIMIT 2 FOR UPDATE", other);
        await holds.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var writes = queues.ConvertAll(static queue => queue.New());

        var outcomes = await Write([.. queues.Select((queue, i) => queue.Plan([writes[i]]))]);

        Assert.All(outcomes, static outcome => Assert.Equal(CommitOutcome.Failed, outcome));
        Assert.DoesNotContain(true, await AreStored(writes));
    }

    [Fact]
    public async Task Write_TwoMembersHaveNoOutcome_DoesNotSendTheRest()
    {
        var queues = await Take(5);
        await using var other = new Npgsql.NpgsqlConnection(data.Options.ConnectionString);
        await other.OpenAsync(TestContext.Current.CancellationToken);
        // As when a commit is not on its standby: the server warns, and the outcome is unknown.
        await using var warns = new Npgsql.NpgsqlCommand(
            """
            CREATE FUNCTION ot.warn() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE WARNING ''not on the standby''; RETURN NEW; END';
            CREATE TRIGGER warn BEFORE INSERT ON ot.events FOR EACH ROW EXECUTE FUNCTION ot.warn()
            """, other);
        await warns.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var writes = queues.ConvertAll(static queue => queue.New());
        var bad = queues[0].New(static task => task with { Retry = null! });

        CommitOutcome[] outcomes;
        try
        {
            outcomes = [.. await Write([.. queues.Select((queue, i) => queue.Plan([i == 0 ? bad : writes[i]]))])];
        }
        finally
        {
            // Other tests use the database after this one.
            await using var drops = new Npgsql.NpgsqlCommand("DROP FUNCTION ot.warn CASCADE", other);
            await drops.ExecuteNonQueryAsync(CancellationToken.None);
        }

        Assert.Equal(
            [CommitOutcome.Refused, CommitOutcome.Unknown, CommitOutcome.Unknown, CommitOutcome.Failed, CommitOutcome.Failed],
            outcomes);
        Assert.Equal([false, true, true, false, false], await AreStored(writes));
    }

    [Fact]
    public async Task Commit_ManyAtOnceOfManyQueues_AllLandInTheirOrder()
    {
        var queues = await Take(12);
        await Task.WhenAll(queues.Select(async queue =>
        {
            for (var i = 0; i < 20; i++)
                await queue.Commit(queue.New(), queue.New());
        }));

        var log = await Store.ReadEventLog(0, 1000);
        Assert.Equal(Enumerable.Range(1, 240).Select(static i => (long)i), log.Records.Select(static record => record.Number));
        foreach (var queue in queues)
            Assert.Equal(
                Enumerable.Range(1, 20).Select(static i => (long)i),
                log.Records.Where(record => record.Queue == queue.Name).Select(static record => record.Sequence));
    }

    private async Task<List<bool>> AreStored(List<TaskWrite> writes)
    {
        var stored = new List<bool>();
        foreach (var write in writes)
            stored.Add(await Store.Get(write.Row.Id) is not null);
        return stored;
    }

    private async Task<List<TestQueue>> Take(int count)
    {
        var queues = new List<TestQueue>();
        for (var i = 0; i < count; i++)
            queues.Add(await TestQueue.Take(Store, data.Clock, $"q{i}"));
        return queues;
    }

    private async Task<List<CommitOutcome>> Write(QueueCommit[] commits)
    {
        await using var source = Connections.Source(data.Options, pooled: false);
        await using var writer = new CommitWriter(source, data.Options, new WriteHealth(data.Clock));
        PendingCommit[] group = [.. commits.Select(static commit => new PendingCommit(commit))];
        await writer.Write(group);
        var outcomes = new List<CommitOutcome>();
        foreach (var pending in group)
            outcomes.Add((await pending.Completion).Outcome);
        return outcomes;
    }

    [Fact]
    public async Task Commits_UpdateNoRowThatTheyShare()
    {
        var queue = Assert.Single(await Take(1));
        var before = Scalar("SELECT string_agg(ctid::text, ',') FROM ot.queues");

        for (var i = 0; i < 5; i++)
            await queue.Commit(queue.New());

        Assert.Equal(before, Scalar("SELECT string_agg(ctid::text, ',') FROM ot.queues"));
        // Nothing else that several commits might update: each row is of one transaction.
        Assert.Equal(5L, Scalar("SELECT count(DISTINCT xmin::text) FROM ot.events"));
        Assert.Equal(5L, Scalar("SELECT count(*) FROM ot.events"));
    }

    [Fact]
    public async Task TakeEpoch_WaitsForACommitInProgress_KnowsItsSequence()
    {
        var queue = Assert.Single(await Take(1));
        await queue.Commit(queue.New());
        await using var other = new Npgsql.NpgsqlConnection(data.Options.ConnectionString);
        await other.OpenAsync(TestContext.Current.CancellationToken);
        // As far as a commit goes before its end: it has locked the queue and recorded itself.
        await using var commits = new Npgsql.NpgsqlCommand(
            """
            BEGIN; SELECT no FROM ot.queues FOR UPDATE;
            INSERT INTO ot.events (no, queue, seq, at, transitions, last_no, starts_from, entries)
            SELECT no + 1, queue, seq + 1, at, transitions, last_no + 7, 9, entries FROM ot.events
            """, other);
        await commits.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        var taking = Store.TakeEpoch(queue.Name, null, default);
        const string NobodyWaits = """
            SELECT NOT EXISTS (
                SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())
            """;
        while ((bool)Scalar(NobodyWaits)!)
            await Task.Yield();
        await using var ends = new Npgsql.NpgsqlCommand("COMMIT", other);
        await ends.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        var taken = await taking;
        Assert.Equal(
            (queue.Owned.Epoch + 1, 2L, queue.Owned.LastNo + 8, 9L),
            (taken.Epoch, taken.Sequence, taken.LastNo, taken.StartsFrom));
    }

    [Fact]
    public async Task Prune_KeepsTheNewestRecord_WhichHasTheQueuesCounts()
    {
        var queue = Assert.Single(await Take(1));
        (data.Options.EventRecordsKept, data.Options.TransitionsKept) = (0, 0);
        for (var i = 0; i < 3; i++)
            await queue.Commit(queue.New());

        await Store.Prune(0, 0, 10);

        Assert.Equal(1L, Scalar("SELECT count(*) FROM ot.events"));
        Assert.Equal(3, (await Store.TakeEpoch(queue.Name, null, default)).Sequence);
    }

    private object? Scalar(string sql)
    {
        using var connection = new Npgsql.NpgsqlConnection(data.Options.ConnectionString);
        connection.Open();
        using var command = new Npgsql.NpgsqlCommand(sql, connection);
        return command.ExecuteScalar();
    }

    /// <summary>How many transactions have written the queues that have a commit.</summary>
    private long Transactions() => (long)Scalar("SELECT count(DISTINCT xmin::text) FROM ot.events")!;
}
