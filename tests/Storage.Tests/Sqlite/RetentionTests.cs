using OrleansTasks.Jobs;
using OrleansTasks.Storage.Sql;
using OrleansTasks.Storage.Sqlite;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Reading;
using OrleansTasks.Storage.Sqlite.Writing;

namespace OrleansTasks.Storage.Tests.Sqlite;

/// <summary>Retention chooses first and deletes later: a task that was retried in between must stay.</summary>
public sealed class RetentionTests : IDisposable
{
    private readonly TestDatabase data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task Remove_TaskRetriedSinceItWasChosen_StaysWhole()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        var (retried, ended) = (Ended(queue), Ended(queue));
        await queue.Commit(retried, ended);
        var chosen = Ended(EndedPlace.Start, 10).Tasks;
        Assert.Equal(2, chosen.Count);
        await queue.Commit(TestQueue.Change(retried, r => r.Waiting(0)));

        var slot = chosen.Select(static task => (task.Place.Key, task.Id));
        var removed = await data.Database.Write(
            connection => RetentionWriter.Remove(connection, slot, long.MaxValue, long.MaxValue, data.Clock));
        Assert.Equal([ended.Row.Id], removed);
        Assert.Single(await data.Store.ReadSpecs([retried.Row.Id]));
        Assert.Single(await data.Store.List(TaskFilter.All with { Labels = [new Label("k", "v")] }, null, 10));
    }

    [Fact]
    public async Task Ended_BehindManyKeptTasks_LooksAtOnePageAStep()
    {
        // The workflow 1 has the tasks 2 to 4001; the tasks 4002 to 4005 are free.
        await Execute(KeptWorkflow(nodes: 2 * RetentionReader.Page) + EndedTasks(2, (2 * RetentionReader.Page) + 5));

        var first = Ended(EndedPlace.Start, 3);
        Assert.Equal((0, RetentionReader.Page + 1L, false), (first.Tasks.Count, first.End.Key, first.IsLast));
        var second = Ended(first.End, 3);
        Assert.Equal((0, (2 * RetentionReader.Page) + 1L, false), (second.Tasks.Count, second.End.Key, second.IsLast));
        var third = Ended(second.End, 3);
        Assert.Equal([4002L, 4003L, 4004L], third.Tasks.Select(static task => task.Place.Key));
        Assert.False(third.IsLast);
        var fourth = Ended(third.End, 3);
        Assert.Equal((4005L, true), (Assert.Single(fourth.Tasks).Place.Key, fourth.IsLast));
    }

    [Fact]
    public async Task Prune_WithTheSameTimesAfterAFullCall_GoesOnWhereThatStopped()
    {
        await Execute(KeptWorkflow(nodes: 3000) + EndedTasks(2, 3301));
        var store = data.Store;
        Assert.Equal(200, (await store.Prune(5000, 1, 200)).Length);

        // The tasks of the workflow are free now, but this walk is past them.
        await Execute("DELETE FROM workflows");
        Assert.Equal(100, (await store.Prune(5000, 1, 200)).Length);
        Assert.Equal(3000, (await store.Prune(5000, 1, 4000)).Length);
        Assert.Empty(await store.Prune(5000, 1, 4000));
    }

    [Fact]
    public async Task Prune_FullCallWithOtherTimes_BeginsAtTheStart()
    {
        await Execute(KeptWorkflow(nodes: 10) + EndedTasks(2, 20));
        var store = data.Store;
        Assert.Equal(4, (await store.Prune(5000, 1, 4)).Length);
        await Execute("DELETE FROM workflows");
        Assert.Equal(15, (await store.Prune(5001, 1, 100)).Length);
    }

    [Theory]
    [InlineData("rollouts")]
    [InlineData("workflows")]
    public async Task RemoveEnded_LargeOnesAndManySmallOnes_TakesFewLargeOrManySmallOnesAStep(string table)
    {
        var (columns, values) = table == "rollouts"
            ? ("wave, wave_ended_at, started_at, had_secrets, tolerated, away, open, succeeded, failed",
                "0, 0, 0, 0, 0, 0, 0, 0, 0")
            : ("run, cancels_all", "0, 0");
        await Execute($"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 154)
            INSERT INTO {table} (key, id, queue, name, count, state, ended_at, cancel_requested_at, {columns})
            SELECT i * 100000, CAST(printf('%016d', i) AS BLOB), 1, 'n',
                CASE i WHEN 1 THEN 10000 WHEN 2 THEN 1500 WHEN 3 THEN 600 ELSE 1 END, 2, 100 + i, 0, {values} FROM n
            """);
        var steps = new List<int>();
        do
        {
            steps.Add(await data.Database.Write(connection => table == "rollouts"
                ? RolloutWriter.RemoveEnded(connection, 1000, 100)
                : WorkflowWriter.RemoveEnded(connection, 1000, 100)));
        }
        while (steps[^1] > 0);

        Assert.Equal([1, 1, 100, 52, 0], steps);
    }

    [Fact]
    public async Task MarkDropped_TaskRetriedSinceItWasChosen_KeepsItsOutput()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        var write = Ended(queue);
        await queue.Commit(write);
        var found = data.Database.Readers.Short(session => RetentionReader.Outsized(session, 0, readAt: 0));
        var chosen = found.Take(10);
        Assert.Single(chosen);
        await queue.Commit(TestQueue.Change(write, r => r.Waiting(0)));
        Assert.Empty(await data.Database.Write(
            connection => RetentionWriter.MarkDropped(connection, chosen, found.EndedBy)));
        Assert.False((await data.Store.FindOutput(write.Row.Id, 1))!.Dropped);
    }

    [Fact]
    public async Task DropOutput_AfterAFullCall_GoesOnWithWhatThatFound()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        TaskWrite[] ended = [.. Enumerable.Range(0, 5).Select(_ => Ended(queue))];
        await queue.Commit(ended);
        TaskId[] ids = [.. ended.Select(static write => write.Row.Id)];
        var store = data.Store;
        Assert.Equal(ids[..2], await store.DropOutput(0, 2));

        // A call that reads all sizes, such as one with another bound, finds these again.
        await Execute("UPDATE results SET place = 1");
        Assert.Equal(ids[2..4], await store.DropOutput(0, 2));
        Assert.Equal(ids[..2], await store.DropOutput(100, 10));
        Assert.Equal(ids[4..], await store.DropOutput(0, 10));
    }

    [Fact]
    public async Task DropOutput_AMinuteAfterAFullCall_ReadsAllSizes()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        TaskWrite[] ended = [.. Enumerable.Range(0, 3).Select(_ => Ended(queue))];
        await queue.Commit(ended);
        var store = data.Store;
        Assert.Equal([ended[0].Row.Id], await store.DropOutput(0, 1));

        await Execute("UPDATE results SET place = 1");
        data.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(ended.Select(static write => write.Row.Id), await store.DropOutput(0, 10));
    }

    [Fact]
    public async Task Prune_OfEverything_LeavesNoRowOfATask()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        var write = Ended(queue);
        write.Superseded = TestRows.Left(write.Row with { Attempt = 0 }, EndReason.Exit, 1, 1);
        await queue.Commit(write);
        Assert.Equal(["attempts 1", "labels 1", "results 1", "secrets 1", "specs 1", "task_results 1", "tasks 1"], Rows());
        Assert.Single(await data.Store.Prune(long.MaxValue, long.MaxValue, 10));
        Assert.Equal(["attempts 0", "labels 0", "results 0", "secrets 0", "specs 0", "task_results 0", "tasks 0"], Rows());
    }

    [Fact]
    public async Task JobRemove_ManyResults_TakesStepsInWhichNoReadFindsTheJob()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        var id = data.Clock.Ids.Next();
        var submission = new JobSubmission("n", [], TestRows.Bytes("{}"), TestRows.Bytes("head"));
        var ended = Enumerable.Range(1, 50).Select(static no => new EndedChunk(no, TaskState.Succeeded, 1, "w", EndReason.Exit, 1, 1, default));
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan([]) with
        {
            Jobs = [new JobCommit(1, id, new JobWrite(JobState.Succeeded, 1, 2, 0, false, null, null, submission, []))],
            Chunks = [.. ended.Select(static chunk => new ChunkWrite(
                1, new ChunkPlan(chunk.No, chunk.No, 1, default), chunk, TestRows.Bytes("1\n")))],
        }));
        var key = Assert.Single(data.Database.Readers.Short(static session => JobRetention.Ended(session, long.MaxValue, 10)));
        var clock = new TickingClock();
        var steps = 0;
        while (!await data.Database.Write(connection => JobRetention.Remove(connection, key, clock)))
        {
            steps++;
            Assert.Null(await data.Store.Jobs.Get(id));
            Assert.Null(await data.Store.Jobs.Get(id, whole: false));
            Assert.Empty(await data.Store.Jobs.List(JobFilter.All, null, 10));
            Assert.Equal([key], data.Database.Readers.Short(static session => JobRetention.Ended(session, long.MaxValue, 10)));
            Assert.Equal(50 - (steps * 5), (await data.Store.Jobs.Collected(id, 0, 1000)).Length);
        }

        Assert.Equal(10, steps);
        Assert.Null(await data.Store.Jobs.Get(id));
        using var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30));
        foreach (var table in (string[])["jobs", "job_specs", "collected"])
            Assert.Equal(0, connection.Scalar($"SELECT count(*) FROM {table}"));
    }

    /// <summary>A clock that goes on by a millisecond whenever somebody looks.</summary>
    private sealed class TickingClock : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => ++now;
    }

    private List<string> Rows()
    {
        string[] tables = ["attempts", "labels", "results", "secrets", "specs", "task_results", "tasks"];
        using var connection = Connection.Open(data.File, create: false, TimeSpan.FromSeconds(30));
        return [.. tables.Select(table => $"{table} {connection.Scalar($"SELECT count(*) FROM {table}")}")];
    }

    private EndedPage Ended(EndedPlace after, int limit) => data.Database.Readers.Short(
        session => RetentionReader.Ended(session, long.MaxValue, long.MaxValue, after, limit));

    private Task<bool> Execute(string sql) => data.Database.Write(connection =>
    {
        connection.Execute(sql);
        return true;
    });

    /// <summary>SQL that adds a workflow with the key 1 that has succeeded, but so late that it stays.</summary>
    private static string KeptWorkflow(int nodes) => $"""
        INSERT INTO workflows (key, id, queue, count, name, state, run, ended_at, cancel_requested_at, cancels_all)
        VALUES (1, CAST('0000000000000001' AS BLOB), 1, {nodes}, 'n', 1, 0, {long.MaxValue}, 0, 0);

        """;

    /// <summary>SQL that adds tasks that have succeeded, one after the other.</summary>
    private static string EndedTasks(int firstKey, int lastKey) => $"""
        WITH RECURSIVE n(i) AS (SELECT {firstKey} UNION ALL SELECT i + 1 FROM n WHERE i < {lastKey})
        INSERT INTO tasks (key, id, queue, state, priority, ord, attempt, failures, node_losses, reason, queued_at,
            started_at, ended_at, due_at, cancel_requested_at, node_session, expires_at, limits, had_secrets, name,
            version)
        SELECT i, CAST(printf('%016d', i) AS BLOB), 1, 4, 0, i, 1, 0, 0, 0, 1, 1, 10 + i / 10, 0, 0, 0, 0, 0, 0, 'n', 1
        FROM n
        """;

    private static TaskWrite Ended(TestQueue queue)
    {
        var write = queue.New(s => s with { Labels = [new Label("k", "v")], SecretEnv = TestRows.Bytes("{}") });
        var row = write.Row.Running().Ended();
        var result = TestRows.Result(row, TestRows.Filed(100)) with { Value = TestRows.Bytes("1") };
        return new TaskWrite { Row = row, New = write.New, Result = result };
    }
}
