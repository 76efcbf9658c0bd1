using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Queues;
using OrleansTasks.Schedules;
using OrleansTasks.Storage.Sqlite;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage.Tests.Sqlite;

/// <summary>Files that another version of the program wrote.</summary>
public sealed class OtherVersionTests : IDisposable
{
    private readonly TestDatabase data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Open_SchemaThatNeedsANewerProgram_IsRefused()
    {
        await data.Fill();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute("UPDATE schema_version SET version = 9, oldest_reader = 5");
        Assert.Contains("schema version 9", data.AssertRefusedAndUntouched(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_SchemaWithoutAudit_KeepsTasksAndTakesRecords()
    {
        var id = await data.Fill();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute("DROP TABLE audit");

        Assert.NotNull(await data.Store.Get(id));
        var record = new AuditRecord(new Origin(id, AuditActions.PutQueue, "q"), 5, 1);
        await new SqliteQueueStore(data.Database).Put(QueueSettings.DefaultOf("q"), null, 5, record);
        data.Close();
        var query = new AuditQuery(null, null, null, null, 10);
        Assert.Equal([record], await new SqliteAuditStore(data.Database).List(query));
    }

    [Fact]
    public async Task Open_QueuesOfAProgramThatStoredNoPauses_KeepsThemAndTakesPausesFromNowOn()
    {
        var queue = QueueSettings.DefaultOf("q") with { Paused = true, MaxRunning = 3 };
        await new SqliteQueueStore(data.Database).Put(queue, null, 5);
        data.Close();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute(string.Concat(new[] { "at", "key", "key_name", "says", "reason" }.Select(
                static column => $"ALTER TABLE queue_limits DROP COLUMN pause_{column};")));

        Assert.Equal(queue, await new SqliteQueueStore(data.Database).Get("q"));
        var paused = queue with { Version = 2, Pause = new QueuePause(9) { Reason = "r" } };
        Assert.True(await new SqliteQueueStore(data.Database).Put(paused, 1, 9));
        Assert.Equal(paused, await new SqliteQueueStore(data.Database).Get("q"));
    }

    [Fact]
    public async Task Open_KeysOfAProgramWithoutExpiry_NeverExpire()
    {
        var key = new KeyRecord("k", "n", new byte[] { 1 }, Scopes.Admin);
        await new SqliteKeyStore(data.Database).Add(key, 5);
        data.Close();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute(string.Concat(new[] { "expires_at", "last_used_at", "last_address" }.Select(
                static column => $"ALTER TABLE keys DROP COLUMN {column};")));

        var store = new SqliteKeyStore(data.Database);
        var kept = Assert.Single(await store.List());
        Assert.Equal(("k", 5, null, null), (kept.Id, kept.CreatedAt, kept.ExpiresAt, kept.LastUsedAt));
        Assert.Equal(KeyOutcome.LastAdmin, await store.RevokeUnlessLastAdmin("k", 6));
        await store.Used([new KeyUse("k", 7, "::1")]);
        Assert.Equal(7, (await store.List())[0].LastUsedAt);
    }

    [Fact]
    public async Task Open_NewerSchemaThatThisProgramMayUse_Opens()
    {
        var id = await data.Fill();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute("UPDATE schema_version SET version = 9, oldest_reader = 1");
        Assert.NotNull(await data.Store.Get(id));
    }

    [Fact]
    public async Task Open_EventsOfAProgramWithoutALog_AreNumberedByTheirTimes()
    {
        var one = await TestPartition.Take(data.Store, data.Clock, "one");
        var two = await TestPartition.Take(data.Store, data.Clock, "two");
        for (var i = 0; i < 3; i++)
        {
            data.Clock.Advance(TimeSpan.FromSeconds(1));
            await two.Commit(two.New());
            data.Clock.Advance(TimeSpan.FromSeconds(1));
            await one.Commit(one.New());
        }

        data.Close();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute("DROP INDEX events_no; ALTER TABLE events DROP COLUMN no; DROP TABLE event_trim");
        await Log(1, 6);

        // The earlier program goes on beside the new tables.
        data.Close();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute("UPDATE events SET no = NULL WHERE no > 4");
        await Log(1, 6);

        async Task Log(long first, int count)
        {
            var log = (await data.Store.ReadEventLog(0, 100)).Records;
            Assert.Equal(Enumerable.Range((int)first, count).Select(static no => (long)no),
                log.Select(static record => record.Number));
            Assert.Equal(
                ["two", "one", "two", "one", "two", "one"], log.Select(static record => record.Partition.Queue));
        }
    }

    [Fact]
    public async Task Open_SchemaOfVersionOne_GetsTheTablesOfJobs()
    {
        var id = await data.Fill();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute("DROP TABLE jobs; DROP TABLE job_specs; DROP TABLE chunks; DROP TABLE collected; UPDATE schema_version SET version = 1;" + BeforeFailures);
        Assert.NotNull(await data.Store.Get(id));
        Assert.Empty(await data.Store.Jobs.OpenIds());
    }

    /// <summary>What version 3 has added, and the index that it has replaced.</summary>
    private const string BeforeFailures = BeforeSchedules + """
        DROP INDEX tasks_succeeded; DROP INDEX tasks_unsuccessful; DROP TABLE failures;
        CREATE INDEX tasks_ended ON tasks (ended_at) WHERE state > 3;
        """;

    /// <summary>What version 4 has added.</summary>
    private const string BeforeSchedules =
        "DROP TABLE schedules; DROP TABLE schedule_specs; DROP TABLE occurrences; ALTER TABLE tasks DROP COLUMN extra; "
        + BeforeWorkflows;

    private const string BeforeWorkflows = "DROP TABLE workflows; DROP TABLE workflow_specs; " + BeforeItems;

    private const string BeforeItems = "DROP TABLE workflow_items; DROP TABLE workflow_lists; ";

    [Fact]
    public async Task Open_SchemaOfVersion3_KeepsTasksAndTakesSchedules()
    {
        var id = await data.Fill();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute(BeforeSchedules + "UPDATE schema_version SET version = 3, oldest_reader = 3");

        Assert.NotNull(await data.Store.Get(id));
        Assert.Empty(await data.Store.Schedules.List(null, null, null, 10));
        var partition = await TestPartition.Take(data.Store, data.Clock);
        var row = new ScheduleRow(100, "s", 1, false, 5, 60, 0, 0, 1);
        await partition.TryCommit(partition.Plan([]) with
        {
            Schedules = new ScheduleCommit
            {
                Rows = [row],
                Bodies = [new ScheduleBody(100, "{}"u8.ToArray(), default)],
            },
        });
        Assert.Equal(row, (await data.Store.Schedules.Get("s"))!.Row);
    }

    [Fact]
    public async Task Open_SchemaWithoutWorkflows_KeepsTasksAndTakesWorkflows()
    {
        var id = await data.Fill();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute(BeforeWorkflows);

        Assert.NotNull(await data.Store.Get(id));
        var partition = await TestPartition.Take(data.Store, data.Clock);
        var (marker, node) = (partition.New(), partition.New());
        var row = new WorkflowRow(marker.Row.No, marker.Row.Id, 1, "w", []);
        Assert.Equal(CommitResult.Committed, await partition.TryCommit(partition.Plan([node]) with
        {
            Workflows = new WorkflowCommit
            {
                Rows = [row], Outlines = new Dictionary<long, ReadOnlyMemory<byte>> { [row.No] = "{}"u8.ToArray() },
            },
        }));
        Assert.Equal(node.Row.Id, Assert.Single(await data.Store.Workflows.Nodes(row.Id)).Task);
    }

    [Theory]
    [InlineData("workflow")]
    [InlineData("job")]
    public async Task Open_SchemaWithoutSomeTargetsOfSchedules_TakesThem(string column)
    {
        var id = await data.Fill();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute("ALTER TABLE occurrences DROP COLUMN " + column);

        var partition = await TestPartition.Take(data.Store, data.Clock);
        var started = new OccurrenceRow(200, 100, 60, OccurrenceKind.Time, OccurrenceOutcome.Started);
        started = column == "job" ? started with { Job = id } : started with { Workflow = id };
        await partition.TryCommit(partition.Plan([]) with
        {
            Schedules = new ScheduleCommit { Occurrences = [started] },
        });
        Assert.Equal(started, Assert.Single(await data.Store.Schedules.LoadOpen(partition.No, 0, 9)));
    }

    [Fact]
    public async Task Open_SchemaWithoutResults_KeepsTasksAndTakesResults()
    {
        var id = await data.Fill();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute("DROP TABLE task_results");

        Assert.Null((await data.Store.Get(id))!.ResultBytes);
        var partition = await TestPartition.Take(data.Store, data.Clock);
        var ended = partition.New(row: static row => row.Running().Ended());
        ended.Result = TestRows.Result(ended.Row) with { Value = TestRows.Bytes("{}") };
        await partition.Commit(ended);
        Assert.Equal("{}", TestRows.Text(await data.Store.ReadResult(ended.Row.Id)));
    }

    [Fact]
    public async Task Open_SchemaWithoutItems_GetsTheirTables()
    {
        var id = await data.Fill();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute(BeforeItems);

        Assert.Empty(await data.Store.Workflows.Items(id));
        Assert.NotNull(await data.Store.Get(id));
    }

    [Fact]
    public async Task Open_SchemaOfVersion2_KeepsCountsOfFailuresAndGetsFingerprintsFromNowOn()
    {
        var partition = await TestPartition.Take(data.Store, data.Clock);
        var waiting = partition.New(
            s => s with { Retry = new RetryPolicy(3, 1, 1, true) },
            r => r.Waiting(9) with { Failures = 2, NodeLosses = 5, Attempt = 7 });
        var failed = partition.New(row: r => r.Running().Ended(1, at: 5));
        await partition.Commit(waiting, failed);
        data.Close();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute(BeforeFailures + "UPDATE schema_version SET version = 2, oldest_reader = 1");

        var read = Assert.Single(await data.Store.Find(1, [waiting.Row.Id]));

        Assert.Equal((2L, 5, null), (read.Row.Failures, read.Row.NodeLosses, read.Retry.Rules));
        Assert.Null((await data.Store.Get(failed.Row.Id))!.Fingerprint);
        Assert.Empty(await data.Store.Failures(new FailureQuery(null, null, null, null, 0, 10)));
        partition = await TestPartition.Take(data.Store, data.Clock);
        var next = partition.New(row: r => r.Running().Ended(1, at: 6));
        next.Fingerprint = 7;
        await partition.Commit(next);
        Assert.Equal(7, (await data.Store.Get(next.Row.Id))!.Fingerprint);
        Assert.Equal([failed.Row.Id, next.Row.Id], await data.Store.Prune(0, 7, 10));
    }

    [Fact]
    public async Task Open_SchemaOfVersion3_KeepsItsTasksAndTakesKeysFromNowOn()
    {
        var id = await data.Fill();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute(BeforeSchedules + "UPDATE schema_version SET version = 3, oldest_reader = 3");

        Assert.NotNull(await data.Store.Get(id));
        var partition = await TestPartition.Take(data.Store, data.Clock);
        var keyed = partition.New(s => s with { Concurrency = new TaskConcurrency("k", 2) });
        await partition.Commit(keyed);
        Assert.Equal(
            keyed.New!.Concurrency, Assert.Single(await data.Store.Find(partition.No, [keyed.Row.Id])).Concurrency);
    }

    [Fact]
    public async Task Open_ByAProgramOfVersion3_IsRefusedByItsOwnRule()
    {
        await data.Fill();
        using var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30));
        Assert.Equal((4L, 4L), (connection.Scalar("SELECT version FROM schema_version"),
            connection.Scalar("SELECT oldest_reader FROM schema_version")));
    }

    [Fact]
    public async Task Open_DeliveriesOfAProgramThatCountedNoSteps_TakeTheirTriesAsSteps()
    {
        var open = new WebhookDelivery(1, "m", "{}"u8.ToArray(), 5, DeliveryState.Open, 4, 500, 17, 99, "no");
        await Commit(open, 2);
        data.Close();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute("ALTER TABLE webhook_deliveries DROP COLUMN steps");

        Assert.Equal(4, Assert.Single(await new SqliteWebhookStore(data.Database).Open()).Steps);
        await Commit(open with { Tries = 5 }, 3);
        data.Close();
        Assert.Equal(3, Assert.Single(await new SqliteWebhookStore(data.Database).Open()).Steps);

        async Task Commit(WebhookDelivery delivery, int steps)
        {
            var store = new SqliteWebhookStore(data.Database);
            var epoch = await store.TakeEpoch();
            Assert.True(
                await store.Commit(new WebhookCommit(epoch, [], [], [new DeliveryRow("w", delivery, steps)], 5)));
        }
    }

    [Fact]
    public async Task Open_FileOfAnEarlierProgramWithoutHeadsAndParts_GetsTheirTables()
    {
        var id = await data.Fill();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute("DROP TABLE job_heads; DROP TABLE progress_parts");
        Assert.NotNull(await data.Store.Get(id));
        Assert.Empty(await data.Store.Jobs.List(OrleansTasks.Jobs.JobFilter.All, null, 10));
    }

    [Fact]
    public async Task Open_FileOfAnEarlierProgramWithAUsedToken_GetsTheTablesAndKeepsItSpent()
    {
        await data.Fill();
        using (var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30)))
            connection.Execute(
                "DROP TABLE join_terms; DROP TABLE certificate_labels; DROP TABLE fixed_labels; "
                + "INSERT INTO join_tokens (hash, key, expires_at) VALUES (x'01', x'07', 100), (x'02', NULL, 100)");
        var store = new SqliteTrustStore(data.Database);
        var holder = new TokenHolder(new byte[] { 7 }, "w1", "i1");
        Assert.Equal(TokenUse.Spent, (await store.UseToken(new byte[] { 1 }, holder, 50)).Use);
        Assert.Equal(TokenUse.Used, (await store.UseToken(new byte[] { 2 }, holder, 50)).Use);
        Assert.Equal(TokenUse.Used, (await store.UseToken(new byte[] { 2 }, holder, 51)).Use);
        await store.Revoke("w1");
        Assert.Equal(TokenUse.Unknown, (await store.UseToken(new byte[] { 2 }, holder, 51)).Use);
    }
}
