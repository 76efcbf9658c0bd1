using OrleansTasks.Jobs;

namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    private async Task<List<TaskWrite>> EndTasks(
        TestQueue queue, int count, Func<int, AttemptOutput?>? output = null)
    {
        var ended = new List<TaskWrite>();
        for (var i = 0; i < count; i++)
        {
            var write = queue.New(
                s => s with { Labels = [new("n", $"{i}")], SecretEnv = TestRows.Bytes("{}") }, batch: new TaskId(5, 5));
            var row = write.Row.Running().Ended(i % 2, at: 100 + i);
            ended.Add(new TaskWrite
            {
                Row = row, New = write.New, Batch = write.Batch,
                Result = TestRows.Result(row, output?.Invoke(i) ?? TestRows.Inline("x")),
                Superseded = TestRows.Left(row with { Attempt = 0 }, EndReason.Exit, 1, 1),
            });
        }

        await queue.Commit([.. ended]);
        return ended;
    }

    [Fact]
    public async Task Prune_DeletesWhatEndedBeforeWithAllThatBelongsToIt()
    {
        var queue = await Take();
        var ended = await EndTasks(queue, 4);
        var open = queue.New(row: r => r.Running());
        await queue.Commit(open);
        Assert.Equal([ended[0].Row.Id, ended[1].Row.Id], (await Store.Prune(102, 102, 10)).Order());
        Assert.Empty(await Store.Prune(102, 102, 10));

        Assert.Null(await Store.Get(ended[0].Row.Id));
        Assert.Null(await Store.Attempts(ended[1].Row.Id));
        Assert.Null(await Store.FindOutput(ended[1].Row.Id, 0));
        Assert.Empty(await Store.ReadSpecs([ended[0].Row.Id]));
        Assert.Empty(await Store.Find(queue.No, [ended[0].Row.Id]));
        Assert.Empty(await Store.List(TaskFilter.All with { Labels = [new Label("n", "0")] }, null, 10));
        Assert.Equal(3, (await Store.List(TaskFilter.All, null, 10)).Length);
        Assert.Equal(2, (await Store.Summarize(TaskFilter.All with { Batch = new TaskId(5, 5) })).Total);
        Assert.NotNull(await Store.Get(ended[2].Row.Id));
        Assert.NotNull(await Store.Get(open.Row.Id));
    }

    [Fact]
    public async Task Prune_ByBatches_DeletesAtMostTheLimitAndThenFewer()
    {
        var queue = await Take();
        var ended = await EndTasks(queue, 7);
        var removed = new List<TaskId>();
        for (var expected = 3; ; expected = removed.Count == 6 ? 1 : 3)
        {
            var batch = await Store.Prune(long.MaxValue, long.MaxValue, 3);
            Assert.Equal(expected, batch.Length);
            removed.AddRange(batch);
            if (batch.Length < 3)
                break;
        }

        Assert.Equal(ended.Select(w => w.Row.Id).Order(), removed.Order());
    }

    [Fact]
    public async Task Prune_GivesNoNumberASecondTime()
    {
        var queue = await Take();
        await EndTasks(queue, 3);
        var last = queue.LastNo;
        await Store.Prune(long.MaxValue, long.MaxValue, 10);
        await queue.TakeOver();
        Assert.Equal(last, queue.LastNo);
        await queue.Commit(queue.New());
    }

    [Fact]
    public async Task Prune_TaskThatIsOpenAgain_Stays()
    {
        var queue = await Take();
        var ended = await EndTasks(queue, 2);
        await queue.Commit(TestQueue.Change(ended[1], r => r.Waiting(0)));
        Assert.Equal([ended[0].Row.Id], await Store.Prune(long.MaxValue, long.MaxValue, 10));
        Assert.NotNull(await Store.Get(ended[1].Row.Id));
    }

    [Fact]
    public async Task Prune_OldIdempotencyKeys_FreesThem()
    {
        var queue = await Take();
        await queue.Commit(Key(1), queue.New());
        Clock.Advance(TimeSpan.FromHours(23));
        await queue.Commit(Key(2), queue.New());
        Clock.Advance(TimeSpan.FromHours(2));
        await Store.Prune(0, 0, 10);
        Assert.Single(await Store.FindIdempotent([Key(1).Key, Key(2).Key], 0));
    }

    [Fact]
    public async Task DropOutput_BeyondTheBound_DropsTheOldestEndsFirst()
    {
        var queue = await Take();
        var ended = await EndTasks(queue, 5, i => i == 2 ? TestRows.Inline("in row") : TestRows.Filed(100, 10));
        Assert.Empty(await Store.DropOutput(440, 10));
        Assert.Equal([ended[0].Row.Id, ended[1].Row.Id], await Store.DropOutput(220, 10));
        Assert.Empty(await Store.DropOutput(220, 10));

        var dropped = await Store.FindOutput(ended[0].Row.Id, 0);
        Assert.True(dropped!.Dropped);
        Assert.Equal((100L, false), (dropped.Output!.StdoutBytes, dropped.Output.Inline));
        Assert.Equal(100, (await Read(ended[0].Row.Id)).StdoutBytes);
        Assert.False((await Store.FindOutput(ended[3].Row.Id, 0))!.Dropped);
        Assert.False((await Store.FindOutput(ended[2].Row.Id, 0))!.Dropped);
    }

    [Fact]
    public async Task DropOutput_ByBatches_GoesOnUntilTheBoundIsKept()
    {
        var queue = await Take();
        var ended = await EndTasks(queue, 5, _ => TestRows.Filed(100));
        Assert.Equal([ended[0].Row.Id, ended[1].Row.Id], await Store.DropOutput(0, 2));
        Assert.Equal([ended[2].Row.Id, ended[3].Row.Id], await Store.DropOutput(0, 2));
        Assert.Equal([ended[4].Row.Id], await Store.DropOutput(0, 2));
    }

    [Fact]
    public async Task DropOutput_TaskThatEndedAgainBetweenBatches_KeepsItsNewOutput()
    {
        var queue = await Take();
        var ended = await EndTasks(queue, 3, static i => TestRows.Filed(i == 2 ? 200 : 100));
        Assert.Equal([ended[0].Row.Id], await Store.DropOutput(250, 1));
        var first = ended[1].Row;
        await queue.Commit(new TaskWrite
        {
            Row = first.Waiting(0) with { State = TaskState.Queued },
            Superseded = TestRows.Left(first, EndReason.Exit, 1, 101),
        });
        var again = first.Running(attempt: 2).Ended(at: 5000);
        await queue.Commit(new TaskWrite { Row = again, Result = TestRows.Result(again, TestRows.Filed(100)) });

        var dropped = new List<TaskId>();
        dropped.AddRange(await Store.DropOutput(250, 10));
        dropped.AddRange(await Store.DropOutput(250, 10));

        Assert.Equal([ended[2].Row.Id], dropped);
        Assert.False((await Store.FindOutput(again.Id, 0))!.Dropped);
    }

    [Fact]
    public async Task DropOutput_OfAnOpenTask_Stays()
    {
        var queue = await Take();
        var ended = await EndTasks(queue, 1, _ => TestRows.Filed(100));
        await queue.Commit(TestQueue.Change(ended[0], r => r.Waiting(5)));
        Assert.Empty(await Store.DropOutput(0, 10));
        Assert.False((await Store.FindOutput(ended[0].Row.Id, 1))!.Dropped);
    }

    [Fact]
    public async Task Retention_OfASourceTask_WaitsUntilItsJobIsFinal()
    {
        var queue = await Take();
        var job = await AddJob(queue, 1000);
        var source = queue.New(s => s with { Id = SourceTaskId.Of(job.Id) });
        var row = source.Row.Running().Ended(at: 50);
        await queue.Commit(new TaskWrite { Row = row, New = source.New, Result = TestRows.Result(row, TestRows.Filed(1000)) });
        var others = await EndTasks(queue, 2, _ => TestRows.Filed(100));

        // The source's output neither goes nor takes the room of the others'.
        Assert.Empty(await Store.DropOutput(200, 10));
        Assert.Equal([others[0].Row.Id], await Store.Prune(101, 101, 1));
        Assert.Empty(await Store.Prune(101, 101, 1));
        Assert.Equal([others[1].Row.Id], await Store.DropOutput(0, 10));
        Assert.False((await Store.FindOutput(row.Id, 0))!.Dropped);

        await Write(queue, job, Running with { State = JobState.Succeeded, EndedAt = 1 });
        Assert.Equal([row.Id], await Store.DropOutput(0, 10));
        Assert.Equal([row.Id], await Store.Prune(101, 101, 10));
    }
}
