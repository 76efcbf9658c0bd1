using OrleansTasks.Files;
using OrleansTasks.Jobs;
using OrleansTasks.Processing.Files;
using OrleansTasks.Rollouts;
using OrleansTasks.Storage.Files;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    /// <summary>The index of files in the same database.</summary>
    protected abstract IFileIndex Files { get; }

    [Fact]
    public async Task Commit_OfATaskThatNamesFiles_KeepsThemUntilTheTaskIsPruned()
    {
        var names = await Stored(3);
        var queue = await Take();
        var (first, second) = (queue.New(s => s with { Files = [names[0], names[1]] }), queue.New(s => s with { Files = [names[1]] }));
        await queue.Commit(first, second, queue.New(s => s with { Files = default }));

        Assert.Equal(
            [$"{names[0]} {first.Row.Id}", $"{names[1]} {first.Row.Id}", $"{names[1]} {second.Row.Id}"], await UsesOfAll());
        var claim = new FileClaim(1, 1_000);
        Assert.Equal([names[2]], (await Files.Claim(1_000, 1_000, claim, 10)).Names);
        await Files.Forget([names[2]], claim);

        await queue.Commit(TestQueue.Change(first, static row => row.Running().Ended(at: 100)));
        Assert.Equal([first.Row.Id], await Store.Prune(101, 101, 10));

        Assert.Equal([$"{names[1]} {second.Row.Id}"], await UsesOfAll());
        Assert.Equal([names[0]], (await Files.Claim(2_000, 2_000, new FileClaim(2, 2_000), 10)).Names);
    }

    [Fact]
    public async Task Commit_OfATaskThatNamesALeavingFile_DoesNotCountItsBytes()
    {
        var names = await Stored(2);
        await Files.Missing([names[0]], 2_000);
        Assert.Equal([names[1]], (await Files.Claim(1_000, 0, new FileClaim(1, 1_000), 10)).Names);
        var queue = await Take();

        await queue.Commit(queue.New(s => s with { Files = [names[0], names[1]] }));

        Assert.Equal(4, await Files.NamedBytes());
    }

    [Fact]
    public async Task Commit_OfWhatOwnersName_ReplacesWhatTheyNamedBefore()
    {
        var names = await Stored(3);
        var queue = await Take();
        var (one, other) = (new FileUse(FileUseKind.Schedule, "é/1"), new FileUse(FileUseKind.Job, "j"));

        await Name(queue, (one, [names[0], names[1]]), (other, [names[1]]));
        Assert.Equal([$"{names[0]} é/1", $"{names[1]} j", $"{names[1]} é/1"], await UsesOfAll());
        await Name(queue, (one, [names[2]]));
        Assert.Equal([$"{names[1]} j", $"{names[2]} é/1"], await UsesOfAll());
        Reopen();
        await Name(await Take(), (one, []), (other, []));

        Assert.Empty(await UsesOfAll());
    }

    [Fact]
    public async Task Commit_ThatIsRefused_ChangesNothingThatOwnersName()
    {
        var names = await Stored(1);
        var queue = await Take();
        var stale = queue.Plan([]) with
        {
            Epoch = 0, FileUses = Uses((new FileUse(FileUseKind.Schedule, "s"), [names[0]])),
        };

        Assert.Equal(CommitOutcome.Fenced, (await Store.Commit(stale)).Outcome);

        Assert.Empty(await UsesOfAll());
    }

    [Fact]
    public async Task Retention_OfJobs_ReleasesTheirFiles()
    {
        var names = await Stored(2);
        var queue = await Take();
        var (ended, open) = (await AddJob(queue, 1), await AddJob(queue, 2));
        await Name(
            queue,
            (new FileUse(FileUseKind.Job, ended.Id.ToString()), [names[0], names[1]]),
            (new FileUse(FileUseKind.Job, open.Id.ToString()), [names[1]]));
        await Write(queue, ended, Running with { State = JobState.Succeeded, EndedAt = 10 });

        Assert.Equal(1, await Store.Jobs.Prune(11, 10));

        Assert.Equal([$"{names[1]} {open.Id}"], await UsesOfAll());
    }

    [Fact]
    public async Task Retention_OfRollouts_ReleasesTheirFiles()
    {
        var names = await Stored(2);
        var queue = await Take();
        var (ended, _, commit) = NewRollout(queue, 1);
        await queue.TryCommit(commit);
        var (open, _, second) = NewRollout(queue, 1);
        await queue.TryCommit(second);
        await Name(
            queue,
            (new FileUse(FileUseKind.Rollout, ended.Id.ToString()), [names[0]]),
            (new FileUse(FileUseKind.Rollout, open.Id.ToString()), [names[1]]));
        await Change(queue, ended with { State = RolloutState.Failed, EndedAt = 100 });

        await Store.Prune(1_000, 200, 10);

        Assert.Equal([$"{names[1]} {open.Id}"], await UsesOfAll());
    }

    private static Dictionary<FileUse, ImmutableArray<FileName>> Uses(
        params (FileUse Owner, ImmutableArray<FileName> Files)[] uses) => uses.ToDictionary(static one => one.Owner, static one => one.Files);

    private static async Task Name(TestQueue queue, params (FileUse Owner, ImmutableArray<FileName> Files)[] uses) =>
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan([]) with { FileUses = Uses(uses) }));

    private async Task<FileName[]> Stored(int count)
    {
        FileName[] names = [.. Enumerable.Range(1, count).Select(static n => FileName.Of(BitConverter.GetBytes(n))).Order()];
        await Files.Reserve([.. names.Select(static name => new StoredFile(name, 4))], 10);
        await Files.Confirm(names, 10);
        return names;
    }

    private async Task<IEnumerable<string>> UsesOfAll() => (await Files.List(FileSort.Age, null, 10))
        .SelectMany(static file => file.Uses, static (file, use) => $"{file.File.Name} {use.Id}")
        .Order(StringComparer.Ordinal);

    [Fact]
    public async Task Commit_OfAnEndWithArtifacts_IsReadBack()
    {
        var queue = await Take();
        var (plain, some, none) = (queue.New(row: r => r.Running()), queue.New(row: r => r.Running()), queue.New(row: r => r.Running()));
        await queue.Commit(plain, some, none);
        await queue.Commit(End(plain, null), End(some, new ArtifactTotals(3, 5L << 30)), End(none, new ArtifactTotals(0, 0)));
        Reopen();

        Assert.Null((await Read(plain.Row.Id)).Artifacts);
        Assert.Equal(new ArtifactTotals(3, 5L << 30), (await Read(some.Row.Id)).Artifacts);
        Assert.Equal(new ArtifactTotals(0, 0), (await Read(none.Row.Id)).Artifacts);
        Assert.Equal(TestRows.TokenOf(1), (await Store.FindOutput(some.Row.Id, 1))!.Token);

        static TaskWrite End(TaskWrite of, ArtifactTotals? artifacts)
        {
            var row = of.Row.Ended();
            return new TaskWrite { Row = row, Result = TestRows.Result(row) with { Artifacts = artifacts } };
        }
    }

    [Fact]
    public async Task Artifacts_OfEndedTasks_LeaveOnceAndTheEarliestEndFirst()
    {
        var queue = await Take();
        TaskWrite[] tasks = [.. Enumerable.Range(0, 5).Select(_ => queue.New(row: r => r.Running()))];
        await queue.Commit(tasks);
        await queue.Commit(
            Left(tasks[0], at: 300, count: 1), Left(tasks[1], at: 200, count: 2), Left(tasks[2], at: 100, count: 0),
            Left(tasks[3], at: 400, count: 3));
        KeptAttempt[] expected = [AttemptOf(tasks[1]), AttemptOf(tasks[0]), AttemptOf(tasks[3])];
        Assert.Equal(expected, await Store.Artifacts.Oldest(10));
        Assert.Equal(expected[..2], await Store.Artifacts.Oldest(2));

        Assert.True(await Store.Artifacts.Expire(expected[2]));
        Assert.True(await Store.Artifacts.Expire(expected[2]));
        Reopen();

        Assert.Equal([expected[2], expected[0], expected[1]], await Store.Artifacts.Oldest(10));
        Assert.Equal(new ArtifactTotals(3, 30) { IsExpired = true }, (await Read(tasks[3].Row.Id)).Artifacts);
        Assert.Equal(new ArtifactTotals(2, 20), (await Read(tasks[1].Row.Id)).Artifacts);
        await Store.Artifacts.Finish(expected[2]);
        await Store.Artifacts.Finish(expected[0]);
        Assert.False(await Store.Artifacts.Expire(expected[2]));
        Assert.Equal(expected[..2], await Store.Artifacts.Oldest(10));
        Assert.True((await Read(tasks[3].Row.Id)).Artifacts!.IsExpired);
    }

    [Fact]
    public async Task Expire_OfATaskThatIsOpenAgain_ChangesNothing()
    {
        var queue = await Take();
        var task = queue.New(row: r => r.Running());
        await queue.Commit(task);
        await queue.Commit(Left(task, at: 100, count: 1));
        var attempt = AttemptOf(task);
        Assert.False(await Store.Artifacts.Expire(attempt with { Token = TestRows.TokenOf(2) }));
        Assert.False(await Store.Artifacts.Expire(attempt with { Attempt = 2 }));
        await queue.Commit(TestQueue.Change(task, static row => row.Waiting(5)));

        Assert.False(await Store.Artifacts.Expire(attempt));
        Assert.Empty(await Store.Artifacts.Oldest(10));
    }

    [Fact]
    public async Task Artifacts_OfAnOpenWorkflow_Stay()
    {
        var queue = await Take("q");
        var (row, tasks, commit) = NewWorkflow(queue, 2);
        await queue.TryCommit(commit);
        await queue.Commit(Left(tasks[0], at: 100, count: 1));
        var attempt = AttemptOf(tasks[0]);
        Assert.Empty(await Store.Artifacts.Oldest(10));
        Assert.False(await Store.Artifacts.Expire(attempt));

        await queue.TryCommit(queue.Plan([]) with
        { Workflows = new WorkflowCommit { Rows = [row with { State = WorkflowState.Succeeded, EndedAt = 200 }] } });

        Assert.Equal([attempt], await Store.Artifacts.Oldest(10));
        Assert.True(await Store.Artifacts.Expire(attempt));
        Assert.True(Assert.Single(await Store.Workflows.Artifacts(row.Id, null)).Totals.IsExpired);
    }

    private static KeptAttempt AttemptOf(TaskWrite write) => new(write.Row.Id, 1, TestRows.TokenOf(1));

    private static TaskWrite Left(TaskWrite of, long at, int count)
    {
        var row = of.Row.Running().Ended(at: at);
        var totals = new ArtifactTotals(count, count * 10);
        return new TaskWrite { Row = row, Result = TestRows.Result(row) with { Artifacts = totals } };
    }
}
