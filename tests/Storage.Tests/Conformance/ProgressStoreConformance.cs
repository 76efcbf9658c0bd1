namespace OrleansTasks.Storage.Tests.Conformance;

/// <summary>What every store of progress must do.</summary>
public abstract class ProgressStoreConformance
{
    protected abstract IProgressStore Store { get; }

    protected abstract ITaskStore Tasks { get; }

    protected abstract TestClock Clock { get; }

    [Fact]
    public async Task Write_OfTheLatestAttempt_IsShownUntilTheNextAttempt()
    {
        var queue = await TestQueue.Take(Tasks, Clock);
        var task = queue.New();
        await queue.Commit(task);
        await Store.Write([Row(task, attempt: 1, 100, "too early")]);
        Assert.Null((await Tasks.Get(task.Row.Id))!.Progress);

        await queue.Commit(TestQueue.Change(task, static row => row.Running()));
        await Store.Write([Row(task, attempt: 1, 100, "begun")]);
        await Store.Write([Row(task, attempt: 1, 4_250, "é")]);
        await Store.Write([Row(task, attempt: 2, 9_900, "another attempt")]);

        var expected = new TaskProgress(4_250, "é", 4_250);
        Assert.Equal(expected, (await Tasks.Get(task.Row.Id))!.Progress);
        Assert.Equal(expected, Assert.Single(await Tasks.List(TaskFilter.All, null, 10)).Progress);

        await queue.Commit(TestQueue.Change(task, static row => row.Running(attempt: 2)));
        Assert.Null((await Tasks.Get(task.Row.Id))!.Progress);
    }

    [Fact]
    public async Task Latest_HasTasksAtNodes_LatestReportFirst()
    {
        var queue = await TestQueue.Take(Tasks, Clock);
        TaskWrite[] tasks = [queue.New(), queue.New(), queue.New()];
        await queue.Commit(tasks);
        await queue.Commit([.. tasks.Select(static task => TestQueue.Change(task, static row => row.Running(at: 7)))]);
        await Store.Write([Row(tasks[0], 1, 10, ""), Row(tasks[2], 1, 30, ""), Row(tasks[1], 1, 20, "")]);

        Assert.Equal([tasks[2].Row.Id, tasks[1].Row.Id], (await Store.Latest(2)).Select(static one => one.Task));

        await queue.Commit(TestQueue.Change(tasks[2], static row => row.Running().Ended(at: 100)));
        Assert.Equal(
            [new RunningProgress(tasks[1].Row.Id, 7, new(20, "", 20)), new(tasks[0].Row.Id, 7, new(10, "", 10))],
            await Store.Latest(10));
        Assert.Equal(30, (await Tasks.Get(tasks[2].Row.Id))!.Progress?.Hundredths);
        Assert.Equal([tasks[2].Row.Id], await Tasks.Prune(101, 101, 10));
        await Store.Write([Row(tasks[2], 1, 40, "after its end")]);
        Assert.Equal(2, (await Store.Latest(10)).Length);
    }

    private static ProgressRow Row(TaskWrite task, int attempt, int hundredths, string message) =>
        new(task.Row.Id, TestRows.TokenOf(attempt), new TaskProgress(hundredths, message, At: hundredths));
}
