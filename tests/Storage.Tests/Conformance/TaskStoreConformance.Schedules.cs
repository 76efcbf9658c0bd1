using OrleansTasks.Jobs;
using OrleansTasks.Schedules;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    // The numbers of the first queue's rows, and how much larger those of the second's are.
    private const long First = QueueOwnership.RowNumbers;
    private const long Second = QueueOwnership.RowNumbers;

    private static ScheduleRow Schedule(long no, string id, bool paused = false) => new(First + no, id, 1, paused, 5, 60, 50, 40, 1);

    private static ScheduleBody BodyOf(long no, string text, string secrets = "") =>
        new(First + no, TestRows.Bytes(text), TestRows.Bytes(secrets));

    private static OccurrenceRow Occurrence(
        long no, long schedule, long at, OccurrenceOutcome outcome = OccurrenceOutcome.Skipped,
        OccurrenceKind kind = OccurrenceKind.Time) =>
        new(First + no, First + schedule, at, kind, outcome);

    private static Task<CommitResult> Write(TestQueue queue, ScheduleCommit schedules, params TaskWrite[] tasks) =>
        queue.TryCommit(queue.Plan(tasks) with { Schedules = schedules });

    private static async Task AddSchedule(TestQueue queue, long no, string id, bool paused = false) =>
        Assert.Equal(CommitResult.Committed, await Write(
            queue, new ScheduleCommit { Rows = [Schedule(no, id, paused)], Bodies = [BodyOf(no, $"spec of {id}", $"secrets of {id}")] }));

    [Fact]
    public async Task Schedules_Written_AreReadBackAfterAReopen()
    {
        var queue = await Take("q");
        await AddSchedule(queue, 7, "nightly");
        var changed = new ScheduleRow(First + 7, "nightly", 2, true, 5, 0, 61, 62, 9);
        await Write(queue, new ScheduleCommit { Rows = [changed] });
        Reopen();

        var found = (await Store.Schedules.Get("nightly"))!;
        Assert.Equal((queue.Name, changed), (found.Queue, found.Row));
        Assert.Equal("spec of nightly", TestRows.Text(found.Body.Spec));
        Assert.True(found.Body.SecretEnv.IsEmpty);
        var loaded = Assert.Single(await Store.Schedules.Load(queue.No, 0, 10));
        Assert.Equal((changed, "secrets of nightly"), (loaded.Row, TestRows.Text(loaded.Body.SecretEnv)));

        queue = await Take("q");
        await Write(queue, new ScheduleCommit { Rows = [changed with { Version = 3 }], Bodies = [BodyOf(7, "other")] });
        loaded = Assert.Single(await Store.Schedules.Load(queue.No, 0, 10));
        Assert.Equal((3L, "other", ""), (loaded.Row.Version, TestRows.Text(loaded.Body.Spec), TestRows.Text(loaded.Body.SecretEnv)));
        Assert.Null(await Store.Schedules.Get("weekly"));
    }

    [Fact]
    public async Task Folders_OfSchedules_AreReplacedAndDeleted()
    {
        var queue = await Take("q");
        await AddSchedule(queue, 1, "a");
        await AddSchedule(queue, 2, "b");
        Assert.Null(Assert.Single(await Store.Schedules.Load(queue.No, First + 1, 10)).Folder);
        await Write(queue, new ScheduleCommit { Rows = [Schedule(1, "a")], Folders = [new(First + 1, TestRows.Bytes("seen"))] });
        await Write(queue, new ScheduleCommit { Rows = [Schedule(2, "b")], Folders = [new(First + 2, TestRows.Bytes("other"), "It is gone.", 5)] });
        Reopen();

        var loaded = await Store.Schedules.Load(queue.No, 0, 10);
        Assert.Equal(["seen", "other"], loaded.Select(static one => TestRows.Text(one.Folder!.Seen)));
        Assert.Equal((null, 0L), (loaded[0].Folder!.Problem, loaded[0].Folder!.Since));
        var shown = (await Store.Schedules.Get("b"))!.Folder!;
        Assert.Equal(("It is gone.", 5L, true), (shown.Problem, shown.Since, shown.Seen.IsEmpty));
        Assert.Equal([("b", new FolderProblem("It is gone.", 5))], await Store.Schedules.FolderProblems(10));

        queue = await Take("q");
        await Write(queue, new ScheduleCommit { Rows = [Schedule(1, "a")], Folders = [new(First + 1, TestRows.Bytes("more"))] });
        await Write(queue, new ScheduleCommit { Rows = [Schedule(2, "b")], Folders = [new(First + 2, default)] });
        loaded = await Store.Schedules.Load(queue.No, 0, 10);
        Assert.Equal("more", TestRows.Text(loaded[0].Folder!.Seen));
        Assert.Null(loaded[1].Folder);
        Assert.Empty(await Store.Schedules.FolderProblems(10));
        await Write(queue, new ScheduleCommit { Rows = [Schedule(1, "a") with { Version = 9 }] });
        Assert.Equal("more", TestRows.Text((await Store.Schedules.Load(queue.No, 0, 1))[0].Folder!.Seen));
        await Write(queue, new ScheduleCommit { Deleted = [First + 1] });
        await AddSchedule(queue, 1, "a");
        Assert.Null((await Store.Schedules.Load(queue.No, 0, 1))[0].Folder);
    }

    [Fact]
    public async Task Occurrences_OfFiles_KeepThePath_AndMayHaveOneTime()
    {
        var queue = await Take("q");
        await AddSchedule(queue, 1, "a");
        OccurrenceRow[] rows =
        [
            Occurrence(2, 1, 60, OccurrenceOutcome.Pending, OccurrenceKind.File) with { File = "/in/é 1.csv" },
            Occurrence(3, 1, 60, OccurrenceOutcome.Pending, OccurrenceKind.File) with { File = "/in/2.csv" },
        ];
        Assert.Equal(CommitResult.Committed, await Write(queue, new ScheduleCommit { Occurrences = rows }));
        Reopen();

        Assert.Equal(["/in/é 1.csv", "/in/2.csv"], (await Store.Schedules.LoadOpen(queue.No, 0, 10)).Select(static row => row.File));
        Assert.Equal(["/in/2.csv", "/in/é 1.csv"], (await Store.Schedules.Occurrences("a", null, null, 10)).Select(static row => row.File));
    }

    [Fact]
    public async Task Schedules_AreLoadedByQueueInPages()
    {
        var (one, two) = (await Take("a"), await Take("b"));
        await AddSchedule(one, 1, "x");
        await AddSchedule(one, 2, "y");
        await AddSchedule(two, Second + 1, "z");
        Assert.Equal([1L], (await Store.Schedules.Load(one.No, 0, 1)).Select(static found => found.Row.No - First));
        Assert.Equal(["y"], (await Store.Schedules.Load(one.No, First + 1, 1)).Select(static found => found.Row.Id));
        Assert.Empty(await Store.Schedules.Load(one.No, First + 2, 1));
        Assert.Equal(["z"], (await Store.Schedules.Load(two.No, 0, 9)).Select(static found => found.Row.Id));
        await Take("c");
        Assert.Equal(["a", "b"], (await Store.Schedules.Queues()).Order());
    }

    [Fact]
    public async Task Schedules_AreListedByIdWithFilters()
    {
        var (one, two) = (await Take("a"), await Take("b"));
        await AddSchedule(two, Second + 1, "c");
        await AddSchedule(one, 1, "b.1", paused: true);
        await AddSchedule(one, 2, "b-1");
        Assert.Equal(["b-1", "b.1", "c"], await Ids(null, null, null, 9));
        Assert.Equal(["b-1", "b.1"], await Ids("a", null, null, 9));
        Assert.Equal(["b.1"], await Ids(null, true, null, 9));
        Assert.Equal(["b-1", "c"], await Ids(null, false, null, 9));
        Assert.Equal(["b.1"], await Ids(null, null, "b-1", 1));

        async Task<IEnumerable<string>> Ids(string? queue, bool? paused, string? after, int limit) =>
            (await Store.Schedules.List(queue, paused, after, limit)).Select(static found => found.Row.Id);
    }

    [Fact]
    public async Task Schedules_IdOfAnother_IsRefusedInAnyQueue()
    {
        var (one, two) = (await Take("a"), await Take("b"));
        await AddSchedule(one, 1, "x");
        foreach (var (queue, no) in new[] { (one, 2L), (two, Second + 1), (two, Second + 2) })
        {
            var result = await Write(queue, new ScheduleCommit { Rows = [Schedule(no, "x")], Bodies = [BodyOf(no, "{}")] });
            Assert.Equal(CommitOutcome.Refused, result.Outcome);
        }

        Assert.Equal("a", (await Store.Schedules.Get("x"))!.Queue);
        // The same commit may delete the schedule and make another with its id.
        Assert.Equal(CommitResult.Committed, await Write(
            one, new ScheduleCommit { Deleted = [First + 1], Rows = [Schedule(3, "x")], Bodies = [BodyOf(3, "{}")] }));
        Assert.Equal(First + 3, (await Store.Schedules.Get("x"))!.Row.No);
    }

    [Fact]
    public async Task Occurrences_AreReadNewestFirstInPages()
    {
        var queue = await Take();
        await AddSchedule(queue, 1, "s");
        await AddSchedule(queue, 2, "other");
        var full = new OccurrenceRow(First + 5, First + 1, 100, OccurrenceKind.Time, OccurrenceOutcome.Missed) { Until = 130, Count = 4 };
        await Write(queue, new ScheduleCommit
        {
            Occurrences =
            [
                full, Occurrence(6, 1, 300), Occurrence(7, 1, 50, kind: OccurrenceKind.Backfill),
                Occurrence(8, 1, 300, OccurrenceOutcome.Pending, OccurrenceKind.Trigger), Occurrence(9, 2, 200),
            ],
        });
        await Write(queue, new ScheduleCommit { Occurrences = [Occurrence(6, 1, 300) with { Reason = SkipReason.QueueFull }] });
        Reopen();

        Assert.Equal([8L, 6, 5, 7], await Numbers(null, null, 9));
        Assert.Equal([8L, 6], await Numbers(null, null, 2));
        Assert.Equal([6L, 5], await Numbers(null, (300, First + 8), 2));
        Assert.Equal([7L], await Numbers(null, (100, First + 5), 2));
        Assert.Equal([6L, 7], await Numbers(OccurrenceOutcome.Skipped, null, 9));
        Assert.Equal(full, (await Store.Schedules.Occurrences("s", OccurrenceOutcome.Missed, null, 9))[0]);
        Assert.Equal(SkipReason.QueueFull, (await Store.Schedules.Occurrences("s", null, (300, First + 8), 1))[0].Reason);
        Assert.Empty(await Store.Schedules.Occurrences("none", null, null, 9));

        async Task<IEnumerable<long>> Numbers(OccurrenceOutcome? outcome, (long, long)? before, int limit) =>
            (await Store.Schedules.Occurrences("s", outcome, before, limit)).Select(static row => row.No - First);
    }

    [Fact]
    public async Task Occurrence_WithItsTask_IsOpenUntilItIsWrittenAsEnded()
    {
        var (queue, other) = (await Take(), await Take("other"));
        await AddSchedule(queue, 100, "s");
        await AddSchedule(other, Second + 100, "t");
        var task = queue.New();
        var started = Occurrence(200, 100, 60, OccurrenceOutcome.Started) with { StartedAt = 61, Task = task.Row.Id };
        await Write(queue, new ScheduleCommit
        {
            Occurrences = [started, Occurrence(201, 100, 70, OccurrenceOutcome.Pending), Occurrence(202, 100, 80)],
        }, task);
        await Write(other, new ScheduleCommit { Occurrences = [Occurrence(Second + 201, Second + 100, 70, OccurrenceOutcome.Pending)] });
        Reopen();

        Assert.Equal([started, Occurrence(201, 100, 70, OccurrenceOutcome.Pending)], await Store.Schedules.LoadOpen(queue.No, 0, 9));
        Assert.Equal([200L], (await Store.Schedules.LoadOpen(queue.No, 0, 1)).Select(static row => row.No - First));
        Assert.Equal([201L], (await Store.Schedules.LoadOpen(queue.No, First + 200, 1)).Select(static row => row.No - First));
        // Lists show the task's present state.
        var listed = (await Store.Schedules.Occurrences("s", OccurrenceOutcome.Started, null, 9))[0];
        Assert.Equal(TaskState.Queued, listed.State);

        queue = await Take();
        await Write(queue, new ScheduleCommit { Occurrences = [started with { State = TaskState.Failed }], Dropped = [First + 201] });
        Assert.Empty(await Store.Schedules.LoadOpen(queue.No, 0, 9));
        Assert.Equal([202L, 200], (await Store.Schedules.Occurrences("s", null, null, 9)).Select(static row => row.No - First));
    }

    [Fact]
    public async Task Occurrence_WithItsWorkflow_IsOneCommit_AndShowsItsPresentState()
    {
        var queue = await Take();
        await AddSchedule(queue, 1_000, "s");
        var (row, tasks, commit) = NewWorkflow(queue, 2);
        var started = Occurrence(2_000, 1_000, 60, OccurrenceOutcome.Started) with { StartedAt = 61, Workflow = row.Id };
        Assert.Equal(
            CommitResult.Committed, await queue.TryCommit(commit with { Schedules = new ScheduleCommit { Occurrences = [started] } }));
        Reopen();

        Assert.Equal(tasks.Length, (await Store.Workflows.Nodes(row.Id)).Length);
        Assert.Equal([started], await Store.Schedules.LoadOpen(queue.No, 0, 9));
        Assert.Equal(TaskState.Running, await ListedState());

        queue = await Take();
        var failed = row with { State = WorkflowState.Failed, EndedAt = 9 };
        await queue.TryCommit(queue.Plan([]) with
        {
            Workflows = new WorkflowCommit { Rows = [failed] },
            Schedules = new ScheduleCommit { Occurrences = [started with { State = TaskState.Failed }] },
        });
        Assert.Empty(await Store.Schedules.LoadOpen(queue.No, 0, 9));
        Assert.Equal(TaskState.Failed, await ListedState());
        // A user retries it, and it succeeds: lists show that.
        await Change(queue, row with { State = WorkflowState.Succeeded, Run = 2, EndedAt = 10 });
        Assert.Equal(TaskState.Succeeded, await ListedState());

        async Task<TaskState?> ListedState()
        {
            var listed = Assert.Single(await Store.Schedules.Occurrences("s", null, null, 9));
            Assert.Equal((row.Id, null), (listed.Workflow!.Value, listed.Task));
            return listed.State;
        }
    }

    [Fact]
    public async Task Occurrence_WithItsJob_IsOneCommit_AndShowsItsPresentState()
    {
        var queue = await Take();
        await AddSchedule(queue, 1_000, "s");
        var (id, no) = (Clock.Ids.Next(), First + 2_001);
        var submission = new JobSubmission("sum", [new("schedule", "s")], TestRows.Bytes("{}"), TestRows.Bytes("head"));
        var started = Occurrence(2_000, 1_000, 60, OccurrenceOutcome.Started) with { StartedAt = 61, Job = id };
        var job = Running with { StartedAt = 0 };
        var commit = queue.Plan([]) with
        {
            Jobs = [new JobCommit(no, id, job with { New = submission })],
            Schedules = new ScheduleCommit { Occurrences = [started] },
        };
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(commit));
        Reopen();

        // As the dispatcher, the job's grain and the silo's upkeep find it: without chunks and progress.
        Assert.Equal([id], await Store.Jobs.OpenIds());
        Assert.Equal(no, Assert.Single(await Store.Jobs.ListOpen(queue.No, default, Any)).No);
        Assert.True((await Store.Jobs.Get(id))!.Progress.IsEmpty);
        Assert.Null(await Store.Jobs.LastChunk(id));
        Assert.Equal([started], await Store.Schedules.LoadOpen(queue.No, 0, 9));
        Assert.Equal(TaskState.Running, await ListedState());

        queue = await Take();
        await queue.TryCommit(queue.Plan([]) with
        {
            Jobs = [new JobCommit(no, id, job with { State = JobState.Cancelled, EndedAt = 9, Progress = TestRows.Bytes("fold") })],
            Schedules = new ScheduleCommit { Occurrences = [started with { State = TaskState.Cancelled }] },
        });
        Assert.Empty(await Store.Schedules.LoadOpen(queue.No, 0, 9));
        Assert.Equal(TaskState.Cancelled, await ListedState());
        // Also when retention has removed it.
        Assert.Equal(1, await Store.Jobs.Prune(1_000, 9));
        Assert.Equal(TaskState.Cancelled, await ListedState());

        async Task<TaskState?> ListedState()
        {
            var listed = Assert.Single(await Store.Schedules.Occurrences("s", null, null, 9));
            Assert.Equal((id, null, null), (listed.Job!.Value, listed.Task, listed.Workflow));
            return listed.State;
        }
    }

    [Fact]
    public async Task Occurrence_SecondByTheSameTime_IsRefusedWithItsTask()
    {
        var queue = await Take();
        await AddSchedule(queue, 1, "s");
        await Write(queue, new ScheduleCommit { Occurrences = [Occurrence(2, 1, 60)] });
        var task = queue.New();
        var result = await Write(queue, new ScheduleCommit { Occurrences = [Occurrence(3, 1, 60, OccurrenceOutcome.Started)] }, task);
        Assert.Equal(CommitOutcome.Refused, result.Outcome);
        Assert.Null(await Store.Get(task.Row.Id));
        // Another kind may have it.
        Assert.Equal(CommitResult.Committed, await Write(
            queue, new ScheduleCommit { Occurrences = [Occurrence(4, 1, 60, kind: OccurrenceKind.Backfill)] }));
    }

    [Fact]
    public async Task StartedTimes_AreThoseThatWereStartedInTheRange()
    {
        var queue = await Take();
        await AddSchedule(queue, 1, "s");
        await Write(queue, new ScheduleCommit
        {
            Occurrences =
            [
                Occurrence(2, 1, 10, OccurrenceOutcome.Started), Occurrence(3, 1, 20, OccurrenceOutcome.Started),
                Occurrence(4, 1, 30, OccurrenceOutcome.Started, OccurrenceKind.Backfill), Occurrence(5, 1, 31),
                Occurrence(6, 1, 32, OccurrenceOutcome.Started, OccurrenceKind.Trigger), Occurrence(7, 1, 40, OccurrenceOutcome.Started),
            ],
        });
        Assert.Equal([20L, 30], (await Store.Schedules.StartedTimes("s", 20, 40)).Order());
        Assert.Empty(await Store.Schedules.StartedTimes("t", 0, 100));
    }

    [Fact]
    public async Task Trim_KeepsTheNewestAndThoseThatAreOpen()
    {
        var queue = await Take();
        await AddSchedule(queue, 1, "s");
        await AddSchedule(queue, 2, "other");
        var rows = Enumerable.Range(10, 1_003).Select(static no => Occurrence(no, 1, no)).ToList();
        rows[0] = rows[0] with { Outcome = OccurrenceOutcome.Pending };
        rows.Add(Occurrence(5_000, 2, 5_000));
        await Write(queue, new ScheduleCommit { Occurrences = rows });
        await Write(queue, new ScheduleCommit { Trimmed = [First + 1] });

        var left = await Store.Schedules.Occurrences("s", null, null, 2_000);
        Assert.Equal([10L, 13, 14], left.Reverse().Take(3).Select(static row => row.No - First));
        Assert.Equal(1_001, left.Length);
        Assert.Single(await Store.Schedules.Occurrences("other", null, null, 9));
    }

    [Fact]
    public async Task Delete_TakesAllOfAScheduleAndNothingElse()
    {
        var (queue, other) = (await Take(), await Take("other"));
        await AddSchedule(queue, 1, "s");
        await AddSchedule(other, Second + 1, "t");
        await Write(queue, new ScheduleCommit { Occurrences = [Occurrence(2, 1, 60, OccurrenceOutcome.Pending)] });
        await Write(other, new ScheduleCommit { Occurrences = [Occurrence(Second + 2, Second + 1, 60, OccurrenceOutcome.Pending)] });
        await Write(queue, new ScheduleCommit { Deleted = [First + 1] });
        Reopen();

        Assert.Null(await Store.Schedules.Get("s"));
        Assert.Empty(await Store.Schedules.Load(queue.No, 0, 9));
        Assert.Empty(await Store.Schedules.LoadOpen(queue.No, 0, 9));
        Assert.NotNull(await Store.Schedules.Get("t"));
        Assert.Single(await Store.Schedules.LoadOpen(other.No, 0, 9));
    }
}
