using OrleansTasks.Jobs;
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
        var chosen = data.Database.Readers.Short(session => RetentionReader.Ended(session, long.MaxValue, long.MaxValue, 10));
        Assert.Equal(2, chosen.Count);
        await queue.Commit(TestQueue.Change(retried, r => r.Waiting(0)));

        var removed = await data.Database.Write(
            connection => RetentionWriter.Remove(connection, chosen, long.MaxValue, long.MaxValue, data.Clock));
        Assert.Equal([ended.Row.Id], removed);
        Assert.Single(await data.Store.ReadSpecs([retried.Row.Id]));
        Assert.Single(await data.Store.List(TaskFilter.All with { Labels = [new Label("k", "v")] }, null, 10));
    }

    [Fact]
    public async Task MarkDropped_TaskRetriedSinceItWasChosen_KeepsItsOutput()
    {
        var queue = await TestQueue.Take(data.Store, data.Clock);
        var write = Ended(queue);
        await queue.Commit(write);
        var chosen = data.Database.Readers.Short(session => RetentionReader.Outsized(session, 0, 10));
        Assert.Single(chosen);
        await queue.Commit(TestQueue.Change(write, r => r.Waiting(0)));
        Assert.Empty(await data.Database.Write(connection => RetentionWriter.MarkDropped(connection, chosen)));
        Assert.False((await data.Store.FindOutput(write.Row.Id, 1))!.Dropped);
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

    private static TaskWrite Ended(TestQueue queue)
    {
        var write = queue.New(s => s with { Labels = [new Label("k", "v")], SecretEnv = TestRows.Bytes("{}") });
        var row = write.Row.Running().Ended();
        var result = TestRows.Result(row, TestRows.Filed(100)) with { Value = TestRows.Bytes("1") };
        return new TaskWrite { Row = row, New = write.New, Result = result };
    }
}
