namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    [Fact]
    public async Task Result_Inline_IsReadBackWithTaskAndOutput()
    {
        var queue = await Take();
        var write = queue.New();
        await queue.Commit(write);
        var row = write.Row.Running().Ended(3);
        var output = TestRows.Inline("out", "err", tail: "…tail", truncated: true);
        await queue.Commit(new TaskWrite { Row = row, Result = TestRows.Result(row, output, 70, 90, 3) });
        Reopen();

        var task = await Read(row.Id);
        Assert.Equal((3L, 3L, true, "…tail"), (
            task.StdoutBytes, task.StderrBytes, task.Truncated, TestRows.Text(task.Tail)));
        foreach (var attempt in new[] { 0, 1 })
        {
            var found = await Store.FindOutput(row.Id, attempt);
            Assert.NotNull(found);
            Assert.Equal((1, row.Token, true, false), (found.Attempt, found.Token, found.Ended, found.Dropped));
            Assert.True(found.Output!.Inline);
            Assert.Equal(("out", "err"), (TestRows.Text(found.Output.Stdout), TestRows.Text(found.Output.Stderr)));
        }

        Assert.Equal(
            [new AttemptRecord(1, "n1", TaskState.Failed, EndReason.Exit, 3, null, 1000, 2000, 90, 70)],
            await Store.Attempts(row.Id));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("only out", "")]
    [InlineData("", "only err")]
    [InlineData("ab", "ab")]
    public async Task Result_TailIsTheWholeOutput_IsReadBackTheSame(string stdout, string stderr)
    {
        var queue = await Take();
        var row = queue.New().Row.Running().Ended();
        await queue.Commit(new TaskWrite
        {
            Row = row, New = queue.New(s => s with { Id = row.Id }).New,
            Result = TestRows.Result(row, TestRows.Inline(stdout, stderr), cpuTime: 1),
        });
        Assert.Equal(stdout + stderr, TestRows.Text((await Read(row.Id)).Tail));
    }

    [Fact]
    public async Task Result_InFiles_TellsWhereTheOutputIs()
    {
        var queue = await Take();
        var write = queue.New();
        await queue.Commit(write);
        var row = write.Row.Running().Ended();
        await queue.Commit(new TaskWrite { Row = row, Result = TestRows.Result(row, TestRows.Filed(100_000, 5)) });
        var found = await Store.FindOutput(row.Id, 0);
        Assert.False(found!.Output!.Inline);
        Assert.Equal((100_000L, 5L), (found.Output.StdoutBytes, found.Output.StderrBytes));
        Assert.Equal("tail", TestRows.Text((await Read(row.Id)).Tail));
    }

    [Fact]
    public async Task ResultValue_OfTheAttemptThatSucceeded_IsReadBackAndNoOther()
    {
        var queue = await Take();
        var (write, plain) = (queue.New(), queue.New());
        await queue.Commit(write, plain);
        var failed = write.Row.Running().Ended(1);
        await queue.Commit(new TaskWrite { Row = failed, Result = Left(failed, "\"of attempt 1\"") });
        Assert.Equal((null, true), ((await Read(failed.Id)).ResultBytes, (await Store.ReadResult(failed.Id)).IsEmpty));

        var row = write.Row.Running(2).Ended();
        await queue.Commit(new TaskWrite { Row = row, Result = Left(row, "{\"é\":[1]}") });
        Reopen();
        Assert.Equal("{\"é\":[1]}", TestRows.Text(await Store.ReadResult(row.Id)));
        Assert.Equal(
            [null, 10], (await Store.List(TaskFilter.All, null, 10)).Select(static task => task.ResultBytes));
        Assert.True((await Store.ReadResult(plain.Row.Id)).IsEmpty);
        Assert.True((await Store.ReadResult(new TaskId(9, 9))).IsEmpty);

        queue = await Take();
        var again = write.Row.Running(3).Ended();
        await queue.Commit(new TaskWrite { Row = again, Result = Left(again, "") });
        Assert.Equal((null, true), ((await Read(again.Id)).ResultBytes, (await Store.ReadResult(again.Id)).IsEmpty));
    }

    [Fact]
    public async Task ResultValue_Large_IsReadBackWhole()
    {
        var queue = await Take();
        var text = '"' + new string('x', 65_534) + '"';
        var ended = queue.New(row: static row => row.Running().Ended());
        ended.Result = Left(ended.Row, text);
        await queue.Commit(ended);
        Assert.Equal(text, TestRows.Text(await Store.ReadResult(ended.Row.Id)));
        Assert.Equal(65_536, (await Read(ended.Row.Id)).ResultBytes);
    }

    private static AttemptResult Left(TaskRow row, string value) =>
        TestRows.Result(row, TestRows.Inline("out")) with { Value = TestRows.Bytes(value) };

    [Fact]
    public async Task FindOutput_WhileItRuns_GivesTheTokenAndNoOutput()
    {
        var queue = await Take();
        var write = queue.New(row: r => r.Running(2));
        await queue.Commit(write);
        Assert.Equal(
            new StoredOutput(2, TestRows.TokenOf(2), Ended: false, null, Dropped: false),
            await Store.FindOutput(write.Row.Id, 0));
    }

    [Fact]
    public async Task FindOutput_OfATaskThatHasNotStarted_IsAttempt0()
    {
        var queue = await Take();
        var write = queue.New();
        await queue.Commit(write);
        Assert.Equal(new StoredOutput(0, default, false, null, false), await Store.FindOutput(write.Row.Id, 0));
        Assert.Null(await Store.FindOutput(write.Row.Id, 1));
        Assert.Null(await Store.FindOutput(new TaskId(1, 1), 0));
        Assert.Empty((await Store.Attempts(write.Row.Id))!.Value);
        Assert.Null(await Store.Attempts(new TaskId(1, 1)));
    }

    [Fact]
    public async Task Attempts_OfATaskThatWasTriedAgain_AreListedFromTheFirst()
    {
        var queue = await Take();
        var write = queue.New();
        await queue.Commit(write);
        var first = write.Row.Running(1, "n1", at: 10);
        await queue.Commit(new TaskWrite { Row = first });
        await queue.Commit(new TaskWrite
        {
            Row = first.Waiting(500), Superseded = TestRows.Left(first, EndReason.Exit, 1, 20),
            Result = TestRows.Result(first, TestRows.Inline("one"), cpuTime: 7, exitCode: 1),
        });
        var one = new AttemptRecord(1, "n1", TaskState.Failed, EndReason.Exit, 1, null, 10, 20, null, 7);
        Assert.Equal([one], await Store.Attempts(write.Row.Id));
        Assert.True((await Store.FindOutput(write.Row.Id, 0))!.Ended);

        var second = first.Running(2, "n2", at: 30);
        await queue.Commit(new TaskWrite { Row = second });
        Assert.Equal(
            [one, new AttemptRecord(2, "n2", TaskState.Running, EndReason.None, null, null, 30, null, null, null)],
            await Store.Attempts(write.Row.Id));

        var ended = second.Ended(0, 40);
        await queue.Commit(new TaskWrite { Row = ended, Result = TestRows.Result(ended, TestRows.Inline("two")) });
        Reopen();
        Assert.Equal(
            [one, new AttemptRecord(2, "n2", TaskState.Succeeded, EndReason.Exit, 0, null, 30, 40, null, null)],
            await Store.Attempts(write.Row.Id));
        Assert.Equal("one", TestRows.Text((await Store.FindOutput(write.Row.Id, 1))!.Output!.Stdout));
        Assert.Equal(first.Token, (await Store.FindOutput(write.Row.Id, 1))!.Token);
        Assert.Equal("two", TestRows.Text((await Store.FindOutput(write.Row.Id, 0))!.Output!.Stdout));
        Assert.Equal("two", TestRows.Text((await Read(write.Row.Id)).Tail));
    }

    [Fact]
    public async Task Attempts_SupersededAndEndedWhileWaiting_AreNotListedTwice()
    {
        var queue = await Take();
        var write = queue.New();
        await queue.Commit(write);
        var first = write.Row.Running();
        await queue.Commit(new TaskWrite { Row = first });
        await queue.Commit(new TaskWrite
        {
            Row = first.Waiting(500), Superseded = TestRows.Left(first, EndReason.NodeLost, null, 20),
        });
        await queue.Commit(new TaskWrite
        {
            Row = first.Waiting(0) with { State = TaskState.Cancelled, EndedAt = 30, Reason = EndReason.Cancelled },
        });
        var attempt = Assert.Single((await Store.Attempts(write.Row.Id))!.Value);
        Assert.Equal((1, EndReason.NodeLost), (attempt.Attempt, attempt.Reason));
        Assert.Null((await Store.FindOutput(write.Row.Id, 1))!.Output);
    }

    [Fact]
    public async Task Attempts_CancelledWhileWaitingAndRetried_KeepWhatBecameOfThem()
    {
        var queue = await Take();
        var write = queue.New();
        await queue.Commit(write);
        var first = write.Row.Running(1, "n1", at: 10);
        await queue.Commit(new TaskWrite { Row = first });
        await queue.Commit(new TaskWrite { Row = first.Waiting(500), Superseded = TestRows.Left(first, EndReason.Exit, 1, 20) });
        var cancelled = first.Waiting(0) with { State = TaskState.Cancelled, EndedAt = 30, Reason = EndReason.Cancelled };
        await queue.Commit(new TaskWrite { Row = cancelled });

        await queue.Commit(new TaskWrite
        {
            Row = first.Waiting(0) with { State = TaskState.Queued }, Superseded = TestRows.Left(cancelled, EndReason.Cancelled, null, 30),
        });
        Reopen();

        Assert.Equal(
            [new AttemptRecord(1, "n1", TaskState.Failed, EndReason.Exit, 1, null, 10, 20, null, null)], await Store.Attempts(write.Row.Id));
    }

    [Fact]
    public async Task Attempts_ManyOfOneTask_AreInOrder()
    {
        var queue = await Take();
        var write = queue.New();
        await queue.Commit(write);
        for (var attempt = 1; attempt <= 12; attempt++)
        {
            var row = write.Row.Running(attempt);
            await queue.Commit(new TaskWrite
            {
                Row = row.Waiting(5), Superseded = TestRows.Left(row, EndReason.Exit, 1, attempt),
            });
        }

        Assert.Equal(Enumerable.Range(1, 12), (await Store.Attempts(write.Row.Id))!.Value.Select(a => a.Attempt));
    }
}
