using OrleansTasks.Files;
using OrleansTasks.Grains.Tests.Cluster;
using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Files;

/// <summary>The artifacts of the earliest ends go while the files exceed their bound.</summary>
public sealed class ArtifactRetentionTests
{
    private const int FileBytes = 1_000;
    private readonly FileClock clock = new();
    private readonly MemoryFileStore store = new();
    private readonly MemoryTaskStore tasks;

    // How often all files were looked at.
    private int looks;

    public ArtifactRetentionTests() => tasks = new MemoryTaskStore(clock);

    [Fact]
    public async Task Step_BeyondTheBound_RemovesTheEarliestEndsAndNoMore()
    {
        var ended = await Leave(5);

        Assert.Equal(new ExpiredArtifacts(2, 2_000, HasMore: false), await Retention(3_500).Step());
        Assert.Equal(default, await Retention(3_000).Step());

        Assert.Equal("xx---", await Expired(ended));
        Assert.Equal((3, 3_000), await Named());
    }

    [Fact]
    public async Task Step_WhereTasksLeftTheSameBytes_GoesOnUntilBytesAreFree()
    {
        var ended = await Leave(4, static n => n < 3 ? 0 : n);

        Assert.Equal(new ExpiredArtifacts(3, 1_000, HasMore: false), await Retention(1_000).Step());

        Assert.Equal("xxx-", await Expired(ended));
    }

    [Fact]
    public async Task Step_WithoutABoundOrExcess_RemovesNothing()
    {
        var ended = await Leave(2);

        Assert.Equal(default, await Retention(null).Step());
        Assert.Equal(default, await Retention(2_000).Step());

        Assert.Equal("--", await Expired(ended));
    }

    [Fact]
    public async Task Step_OfManyTasks_IsBounded()
    {
        await Leave(60);

        Assert.Equal(new ExpiredArtifacts(50, 50_000, HasMore: true), await Retention(0).Step());
        Assert.Equal(new ExpiredArtifacts(10, 10_000, HasMore: false), await Retention(0).Step());
    }

    [Fact]
    public async Task Step_AfterAStepThatLeftSome_LooksAtAllFilesAgainOnlyAfterAMinute()
    {
        await Leave(160);
        var retention = new ArtifactRetention(tasks, CountLooks(), new FileDepotOptions { KeptBytes = 0 }, clock);

        Assert.Equal(new ExpiredArtifacts(50, 50_000, HasMore: true), await retention.Step());
        Assert.Equal(new ExpiredArtifacts(50, 50_000, HasMore: true), await retention.Step());
        Assert.Equal(1, looks);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(new ExpiredArtifacts(50, 50_000, HasMore: true), await retention.Step());
        Assert.Equal(new ExpiredArtifacts(10, 10_000, HasMore: false), await retention.Step());
        Assert.Equal(2, looks);
        Assert.Equal(default, await retention.Step());
    }

    [Fact]
    public async Task Step_MoreTasksThanAreFoundAtOnce_LooksAtAllFilesOnce()
    {
        var ended = await Leave(160);
        var options = new FileDepotOptions { KeptBytes = 0 };
        var retention = new ArtifactRetention(tasks, CountLooks(), options, clock) { TasksInWalk = 60 };

        var steps = new List<ExpiredArtifacts>();
        do
            steps.Add(await retention.Step());
        while (steps[^1].HasMore);

        Assert.Equal([50, 10, 50, 10, 40], steps.Select(static step => step.Tasks));
        Assert.Equal(1, looks);
        Assert.Equal(new string('x', 160), await Expired(ended));
    }

    [Fact]
    public async Task Step_AfterOneThatStoppedBetweenMarkAndRemoval_FinishesItFirst()
    {
        var ended = await Leave(3);
        Assert.True(await tasks.Artifacts.Expire(ended[2]));

        Assert.Equal(new ExpiredArtifacts(1, 1_000, HasMore: false), await Retention(2_000).Step());

        Assert.Equal("--x", await Expired(ended));
        Assert.Equal(ended[..2], await tasks.Artifacts.Oldest(10));
    }

    [Fact]
    public async Task BytesOfExpiredArtifacts_GoAnHourLater()
    {
        await Leave(2);
        await Retention(1_000).Step();
        var sweep = new FileSweep(store, tasks.Files, tasks, new SeededRandomness(1), clock);

        clock.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(0, await sweep.Round(isAlone: false, default));
        clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(1, await sweep.Round(isAlone: false, default));
        Assert.Single(store.Names);
    }

    [Fact]
    public async Task Sweep_OfRowsThatAnInterruptedStepLeft_RemovesThem()
    {
        var ended = await Leave(1);
        await tasks.Artifacts.Expire(ended[0]);
        clock.Advance(ServiceLimits.FileAge + TimeSpan.FromMinutes(1));

        await new FileSweep(store, tasks.Files, tasks, new SeededRandomness(1), clock).Round(isAlone: false, default);

        Assert.Equal((0, 0), await tasks.Files.CountArtifacts(ended[0].Task, ended[0].Token));
    }

    // Ends tasks one after the other. Each left one file, whose bytes have the number that content gives.
    private async Task<KeptAttempt[]> Leave(int count, Func<int, int>? content = null)
    {
        var depot = new FileDepot(store, tasks.Files, new FileDepotOptions(), clock);
        var owned = await tasks.TakeEpoch("q", null, default);
        var (writes, attempts) = (new List<TaskWrite>(), new List<KeptAttempt>());
        for (var n = 0; n < count; n++)
        {
            await using var upload = await depot.Begin();
            var bytes = new byte[FileBytes];
            BitConverter.TryWriteBytes(bytes, (content?.Invoke(n) ?? n) + 1);
            await upload.Write(bytes);
            var file = (await depot.Store([upload]))[0].File;
            var (id, token) = (new TaskId(1, (ulong)n + 1), new LeaseToken(7, (ulong)n));
            await tasks.Files.AddArtifacts(id, token, [new ArtifactRow("out", file, false)], clock.Now);
            var row = new TaskRow
            {
                No = n + 1, Id = id, State = TaskState.Succeeded, Order = n, Attempt = 1, Token = token,
                EndedAt = 10 + n,
            };
            var lease = new LeaseRef(id, "q", 1, token);
            var result = new AttemptResult(lease, EndReason.Exit, 0, null, 0, 0, 0, AttemptOutput.Empty)
            { Artifacts = new ArtifactTotals(1, FileBytes) };
            var submission = new TaskSubmission(
                id, "t", 5, 0, 0, RetryPolicy.Default, [], [], Limits.Files, "{}"u8.ToArray(), default);
            writes.Add(new TaskWrite { Row = row, New = submission, Result = result });
            attempts.Add(new KeptAttempt(id, 1, token));
        }

        var commit = new QueueCommit(owned.QueueNo, owned.Epoch, owned.Sequence, 1, count, writes, [], []);
        Assert.Equal(CommitResult.Committed, await tasks.Commit(commit));
        return [.. attempts];
    }

    private IFileIndex CountLooks()
    {
        var (index, gate) = StoreGate.Before<IFileIndex>(tasks.Files);
        gate.Replace(nameof(IFileIndex.NamedBytes), _ =>
        {
            looks++;
            return tasks.Files.NamedBytes();
        });
        return index;
    }

    private ArtifactRetention Retention(long? most) =>
        new(tasks, tasks.Files, new FileDepotOptions { KeptBytes = most }, clock);

    // An x for each task whose artifacts have expired, and a dash for each other one.
    private async Task<string> Expired(KeptAttempt[] attempts)
    {
        var expired = "";
        foreach (var attempt in attempts)
            expired += (await tasks.Get(attempt.Task))!.Artifacts!.IsExpired ? 'x' : '-';
        return expired;
    }

    private async Task<(int Files, long Bytes)> Named() => (tasks.Files.Named.Length, await tasks.Files.NamedBytes());
}
