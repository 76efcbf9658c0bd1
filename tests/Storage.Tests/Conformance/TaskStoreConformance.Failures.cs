using OrleansTasks.Resources;

namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    private static readonly FailureQuery Everything = new(null, null, null, null, 0, 100);

    [Fact]
    public async Task Failures_AreGroupedByFingerprint_LargestFirst()
    {
        var (a, b) = (await Take("a"), await Take("b"));
        await Fail(a, fingerprint: 7, at: 100, "first");
        var larger = await Fail(b, fingerprint: -9, at: 300, "one");
        var newest = await Fail(b, fingerprint: -9, at: 200, "two");
        var other = await Fail(a, fingerprint: -9, at: 250, "three");
        await a.Commit(a.New(row: r => r.Running().Ended()));

        var groups = await Store.Failures(Everything);

        Assert.Equal([(-9L, 3L), (7L, 1L)], groups.Select(static group => (group.Fingerprint, group.Count)));
        Assert.Equal((200L, 300L), (groups[0].FirstAt, groups[0].LastAt));
        Assert.Equal(["b", "a"], groups[0].Queues);
        Assert.Equal([other.Row.Id, newest.Row.Id, larger.Row.Id], groups[0].Tasks);
        Assert.Equal((EndReason.Exit, 2, null, "three"), (groups[0].Reason, groups[0].ExitCode, groups[0].Signal, TestRows.Text(groups[0].Tail)));
        Reopen();
        Assert.Equal([3L, 1L], (await Store.Failures(Everything)).Select(static group => group.Count));
    }

    [Fact]
    public async Task Failures_OfManyQueuesAndTasks_NameAFewOfThem()
    {
        var newest = new List<TaskId>();
        for (var i = 0; i < 7; i++)
            newest.Insert(0, (await Fail(await Take($"q{i}"), fingerprint: 1, at: 10 + i)).Row.Id);

        var group = Assert.Single(await Store.Failures(Everything));

        Assert.Equal((7L, 5, 3), (group.Count, group.Queues.Length, group.Tasks.Length));
        Assert.Equal(["q0", "q1", "q2", "q3", "q4"], group.Queues);
        Assert.Equal(newest[..3], group.Tasks);
    }

    [Fact]
    public async Task Failures_Filters_CountOnlyWhatTheyMatch()
    {
        var (a, b) = (await Take("a"), await Take("b"));
        await Fail(a, fingerprint: 1, at: 100, name: "x");
        await Fail(a, fingerprint: 1, at: 200, name: "y");
        var last = await Fail(b, fingerprint: 1, at: 300, name: "x");

        Assert.Equal(2, Assert.Single(await Store.Failures(Everything with { Queue = "a" })).Count);
        Assert.Equal(2, Assert.Single(await Store.Failures(Everything with { Name = "x" })).Count);
        Assert.Equal(2, Assert.Single(await Store.Failures(Everything with { Since = 200 })).Count);
        var one = Assert.Single(await Store.Failures(Everything with { Name = "x", Since = 200 }));
        Assert.Equal((1L, 300L, 300L), (one.Count, one.FirstAt, one.LastAt));
        Assert.Equal([last.Row.Id], one.Tasks);
        Assert.Equal(["b"], one.Queues);
        Assert.Empty(await Store.Failures(Everything with { Queue = "c" }));
        Assert.Empty(await Store.Failures(Everything with { Since = 301 }));
    }

    [Fact]
    public async Task Failures_ByPages_NeitherRepeatNorSkipAGroup()
    {
        var queue = await Take();
        foreach (var fingerprint in new long[] { 5, 5, -3, -3, 0, 8, long.MinValue, long.MaxValue, long.MaxValue })
            await Fail(queue, fingerprint, at: 1);
        var seen = new List<(long Count, long Fingerprint)>();
        ImmutableArray<StoredFailures> page;
        do
        {
            (long Count, long Fingerprint)? last = seen.Count == 0 ? null : seen[^1];
            page = await Store.Failures(Everything with
            {
                AfterCount = last?.Count, AfterFingerprint = last?.Fingerprint ?? 0, Limit = 2,
            });
            seen.AddRange(page.Select(static group => (group.Count, group.Fingerprint)));
        }
        while (page.Length == 2);

        Assert.Equal([(2, -3), (2, 5), (2, long.MaxValue), (1, long.MinValue), (1, 0), (1, 8)], seen);
    }

    [Fact]
    public async Task Retry_OfAFailedTask_ForgetsItsFingerprint()
    {
        var queue = await Take();
        var failed = await Fail(queue, fingerprint: 4, at: 100);
        Assert.Equal(4, (await Read(failed.Row.Id)).Fingerprint);

        await queue.Commit(new TaskWrite { Row = failed.Row with { State = TaskState.Queued, EndedAt = 0 }, ForgetsFailure = true });

        Assert.Null((await Read(failed.Row.Id)).Fingerprint);
        Assert.Empty(await Store.Failures(Everything));
        Assert.Empty(await Ids(TaskFilter.All with { Fingerprint = 4 }));
        await queue.Commit(new TaskWrite { Row = failed.Row with { EndedAt = 200 }, Fingerprint = 6 });
        Assert.Equal([failed.Row.Id], await Ids(TaskFilter.All with { Fingerprint = 6 }));
    }

    [Fact]
    public async Task Retry_AndFailureInOneCommit_LeaveTheNewFingerprint()
    {
        var queue = await Take();
        var failed = await Fail(queue, fingerprint: 4, at: 100);
        await queue.Commit(new TaskWrite { Row = failed.Row with { EndedAt = 200 }, ForgetsFailure = true, Fingerprint = 5 });
        Assert.Equal((5L, 200L), Assert.Single((await Store.Failures(Everything)).Select(static group => (group.Fingerprint, group.LastAt))));
    }

    [Fact]
    public async Task List_Quarantined_IsWhatFailedByCountedLosses()
    {
        var queue = await Take();
        var quarantined = queue.New(row: r => r.Running().Lost(losses: 6));
        var single = queue.New(row: r => r.Running().Lost(losses: 0));
        var failed = queue.New(row: r => r.Running().Ended(1) with { NodeLosses = 3 });
        await queue.Commit(quarantined, single, failed, queue.New());

        Assert.Equal([quarantined.Row.Id], await Ids(TaskFilter.All with { Quarantined = true }));
        Assert.Empty(await Ids(TaskFilter.All with { Quarantined = true, State = TaskState.Queued }));
        Assert.Equal(3, (await Ids(TaskFilter.All with { Quarantined = false })).Length);
        Assert.Equal(1, (await Store.Summarize(TaskFilter.All with { Quarantined = true })).Total);
        Assert.True((await Read(quarantined.Row.Id)).IsQuarantined);
        Assert.False((await Read(single.Row.Id)).IsQuarantined);
        Assert.False((await Read(failed.Row.Id)).IsQuarantined);
    }

    [Fact]
    public async Task Commit_RetryRulesAndCountsByCause_AreReadAsWritten()
    {
        var rules = RetryRules.None.WithBudget(FailureCause.Exit, 5).WithBudget(FailureCause.OutOfMemory, 100).WithBudget(FailureCause.NodeLost, 9) with
        {
            FatalExitCodes = ExitCodeSet.Parse("2,64-78"), ExitCodes = ExitCodeSet.Parse("75,100-255"), MemoryFactor = 1.7, MemoryMax = long.MaxValue,
        };
        RetryPolicy[] policies =
        [
            new(3, 1, 2, true, rules), new(1, 1_000, 300_000, true, RetryRules.None with { FatalExitCodes = ExitCodeSet.Parse("1") }),
            new(1, 1_000, 300_000, false, RetryRules.None.WithBudget(FailureCause.BadResult, 1) with { ExitCodes = default(ExitCodeSet) }),
        ];
        var queue = await Take();
        var counts = 0x6463626160050403L;
        var writes = policies.Select(policy => queue.New(s => s with { Retry = policy }, r => r with { Failures = counts })).ToArray();
        await queue.Commit(writes);
        Reopen();

        for (var i = 0; i < policies.Length; i++)
        {
            var read = Assert.Single(await Store.Find(queue.No, [writes[i].Row.Id]));
            Assert.Equal((policies[i], counts), (read.Retry, read.Row.Failures));
        }
    }

    [Fact]
    public async Task Commit_MemoryOfTheNextAttempt_ReplacesOnlyThat()
    {
        var queue = await Take();
        var task = queue.New(s => s with
        {
            Concurrency = new TaskConcurrency("resources memory=5; 7", 3),
            Resources = ResourceVector.Parse("cpu=2500 memory=100"),
            Lasts = 65_000,
            Submitter = new Submitter("k", "name; resources memory=1", null),
        });
        var other = queue.New(s => s with { Resources = ResourceVector.Parse("memory=100") });
        await queue.Commit(task, other);

        foreach (var memory in (long[])[250, long.MaxValue])
        {
            var change = TestQueue.Change(task, r => r with { Failures = r.Failures + 1 });
            change.ReservedMemory = memory;
            await queue.Commit(change);
            var read = Assert.Single(await Store.Find(queue.No, [task.Row.Id]));
            Assert.Equal(
                (memory, "cpu=2500 memory=100", 65_000, task.New!.Concurrency),
                (read.ReservedMemory, read.Resources!.ToString(), read.Lasts, read.Concurrency));
            Assert.Equal(task.New.Submitter, (await Read(task.Row.Id)).SubmittedBy);
        }

        Reopen();
        Assert.Equal(long.MaxValue, Assert.Single(await Store.Find(queue.No, [task.Row.Id])).ReservedMemory);
        Assert.Equal(0, Assert.Single(await Store.Find(queue.No, [other.Row.Id])).ReservedMemory);
    }

    [Fact]
    public async Task Prune_KeepsFailedAndCancelledTasksForTheirOwnTime()
    {
        var queue = await Take();
        var succeeded = queue.New(row: r => r.Running().Ended(at: 100));
        var failed = queue.New(row: r => r.Running().Ended(1, at: 100));
        failed.Fingerprint = 3;
        var cancelled = queue.New(row: r => r with { State = TaskState.Cancelled, Reason = EndReason.Cancelled, EndedAt = 101 });
        await queue.Commit(succeeded, failed, cancelled);

        Assert.Equal([succeeded.Row.Id], await Store.Prune(200, 100, 10));
        Assert.Equal(2, (await Ids(TaskFilter.All)).Length);
        Assert.Equal([failed.Row.Id], await Store.Prune(200, 101, 10));
        Assert.Empty(await Store.Failures(Everything));
        Assert.Equal([cancelled.Row.Id], await Store.Prune(200, 200, 10));
    }

    private static async Task<TaskWrite> Fail(
        TestQueue queue, long fingerprint, long at, string output = "", string name = "n")
    {
        var write = queue.New(s => s with { Name = name }, r => r.Running().Ended(2, at));
        write.Fingerprint = fingerprint;
        write.Result = TestRows.Result(write.Row, TestRows.Inline(output), exitCode: 2);
        await queue.Commit(write);
        return write;
    }
}
