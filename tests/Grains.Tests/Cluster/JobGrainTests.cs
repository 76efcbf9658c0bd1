using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Grains.Tests.Jobs;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Files;
using OrleansTasks.Schedules;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>The shells around the rules of jobs: the job's grain and the reader.</summary>
public sealed class JobGrainTests
{
    /// <summary>What happens to the commit of a block.</summary>
    public enum StoreFault
    {
        /// <summary>The store is away, and writes nothing.</summary>
        NothingWritten,

        /// <summary>The commit is written, and nobody hears of it.</summary>
        AnswerLost,

        /// <summary>Another dispatcher took the queue over.</summary>
        Fenced,

        /// <summary>Job and dispatcher begin anew.</summary>
        AllGrainsGone,
    }

    private static readonly TaskId Id = new(0x0190_0000_0000_7000, 1);

    [Fact]
    public async Task List_WithAJobThatCannotBeRead_ShowsWhatItsColumnsTell()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var owner = await cluster.Memory.TakeEpoch(GrainCluster.Key, null, TestContext.Current.CancellationToken);
        var ids = Enumerable.Range(1, 3).Select(no => new TaskId(Id.High, (ulong)no)).ToArray();
        string[] specs = ["""{"source":{"stars":{}},"process":{"builtin":"identity"}}""", "no JSON",
            """{"source":{"items":[]},"process":{"builtin":"identity"},"later":1,"chunkSize":2000000}"""];
        var commit = new QueueCommit(owner.QueueNo, owner.Epoch, owner.Sequence, 3, 1, [], [], [])
        {
            Jobs = [.. specs.Select((spec, no) => new JobCommit(no + 1, ids[no], new JobWrite(
                no == 1 ? JobState.Running : JobState.Succeeded, 5, 60, 0, false, null, null, new JobSubmission($"n{no}", [], Bytes(spec)), [])))],
        };
        Assert.Equal(CommitOutcome.Committed, (await cluster.Memory.Commit(commit)).Outcome);
        var reader = cluster.Grains.GetGrain<IJobReaderGrain>("reader");
        var jobs = await reader.List(JobFilter.All, null, 10).Soon();
        Assert.Equal(["n2", "n1", "n0"], jobs.Select(static job => job.Name));
        Assert.Equal([JobState.Succeeded, JobState.Running, JobState.Succeeded], jobs.Select(static job => job.State));
        Assert.Equal([null, "unreadable", null], jobs.Select(static job => job.Reason));
        Assert.Equal((JobState.Running, "{}"), ((await reader.Get(ids[1]).Soon())!.State, Encoding.UTF8.GetString(jobs[1].Aggregate.Span)));
        Assert.Null(await reader.Results(ids[1], 0, 10).Soon());
    }

    [Theory]
    [InlineData(0, typeof(StoreUnavailableException), JobState.Running)]
    [InlineData(1, typeof(OutcomeUnknownException), JobState.Cancelled)]
    public async Task Cancel_StoreFailsAfterSomeCommits_SaysThatNothingWasChangedOnlyIfNothingWas(
        int committed, Type told, JobState then)
    {
        await using var cluster = await GrainCluster.StartAsync();
        var job = cluster.Grains.GetGrain<IJobGrain>(Id.ToString());
        var spec = """{"queue":"default","source":{"stream":{}},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}""";
        Assert.Equal(JobOutcome.Done, (await job.Create(Bytes(spec), null).Soon()).Outcome);
        cluster.Gate.FailAfter("Commit", committed);

        Assert.IsType(told, await Record.ExceptionAsync(() => job.Cancel().Soon()));

        JobView? view = null;
        for (var i = 0; i < 1_000 && view is null; i++)
        {
            // Calls that still reach the failed activation fail.
            if (await Record.ExceptionAsync(async () => view = await job.Get().Soon()) is { } fault)
                Assert.IsType<StoreUnavailableException>(fault);
        }

        Assert.Equal(then, view!.State);
    }

    [Theory]
    [InlineData(StoreFault.NothingWritten)]
    [InlineData(StoreFault.AnswerLost)]
    [InlineData(StoreFault.Fenced)]
    [InlineData(StoreFault.AllGrainsGone)]
    public async Task Append_RepeatedAfterAFaultOfTheStore_TakesEachItemOnce(StoreFault fault)
    {
        await using var cluster = await GrainCluster.StartAsync();
        var job = cluster.Grains.GetGrain<IJobGrain>(Id.ToString());
        var spec = """{"queue":"default","source":{"stream":{}},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}""";
        Assert.Equal(JobOutcome.Done, (await job.Create(Bytes(spec), null).Soon()).Outcome);
        var upload = new TaskId(Id.High, 7);
        Assert.Equal(new AppendReply(AppendOutcome.Taken, 2), await job.Append(new JobBlock(upload, 0, 2, Bytes("1\n2\n"))).Soon());
        await Break(cluster, fault);
        var block = new JobBlock(upload, 2, 3, Bytes("3\n4\n5\n"));

        AppendReply? reply = null;
        for (var tries = 0; reply is null; tries++)
        {
            Assert.InRange(tries, 0, 1_000);
            if (await Record.ExceptionAsync(async () => reply = await job.Append(block with { IsRepeat = tries > 0 }).Soon()) is { } told)
                Assert.True(told is StoreUnavailableException or OutcomeUnknownException, told.ToString());
        }

        Assert.Equal(new AppendReply(AppendOutcome.Taken, 3), reply);
        Assert.Equal(new AppendReply(AppendOutcome.Taken, 5), await job.Append(new JobBlock(upload, 0, 1, Bytes("1\n"), IsRepeat: true)).Soon());
        Assert.Equal(5, (await job.Get().Soon())!.ItemsRead);
    }

    private static async Task Break(GrainCluster cluster, StoreFault fault)
    {
        switch (fault)
        {
            case StoreFault.NothingWritten:
                cluster.Gate.FailAfter("Commit", 0);
                break;
            case StoreFault.AnswerLost:
                cluster.Gate.Replace("Commit", args => CommitAndLoseTheAnswer(cluster, (QueueCommit)args[0]!));
                break;
            case StoreFault.Fenced:
                await cluster.Memory.TakeEpoch(GrainCluster.Key, null, TestContext.Current.CancellationToken);
                break;
            default:
                await cluster.Host.Deactivate();
                break;
        }
    }

    private static async Task<CommitResult> CommitAndLoseTheAnswer(GrainCluster cluster, QueueCommit commit)
    {
        cluster.Gate.Replace("", static _ => throw new NotSupportedException());
        await cluster.Memory.Commit(commit);
        throw new OutcomeUnknownException();
    }

    [Fact]
    public async Task Cancel_AChunkHasEndedAndTheJobHasNotHeardOfIt_CountsItAllTheSame()
    {
        await using var cluster = await GrainCluster.StartAsync();
        cluster.Arrivals.Lost = nameof(IJobGrain.Ended);
        var worker = await cluster.Worker("w");
        var job = cluster.Grains.GetGrain<IJobGrain>(Id.ToString());
        var spec = Bytes("""
            {"queue":"default","source":{"range":{"from":0,"to":10}},"process":{"builtin":"identity"},"chunkSize":5,
             "aggregate":[{"op":"count"}]}
            """);
        Assert.Equal(JobOutcome.Done, (await job.Create(spec, null).Soon()).Outcome);
        var lease = await worker.NextStart();
        var report = EndedChunks.Report(JobSpecReader.ReadStored(spec), new ChunkPlan(1, 0, 5, default));
        var result = new AttemptResult(lease, EndReason.Exit, 0, null, 1, 1, 1, null, report);
        await worker.Node.Report(worker.Session, [lease], [result], []).Soon();
        await cluster.Arrivals.Of(nameof(IJobGrain.Ended), 1);

        Assert.True(await job.Cancel().Soon());

        var view = (await job.Get().Soon())!;
        Assert.Equal((JobState.Cancelled, """{"count":5}"""), (view.State, Encoding.UTF8.GetString(view.Aggregate.Span)));
    }

    [Fact]
    public async Task Silence_AChunkIsNotSaved_SavesIt_SoThatTheNextLookDoesNotReadItAgain()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var worker = await cluster.Worker("w");
        var job = cluster.Grains.GetGrain<IJobGrain>(Id.ToString());
        var spec = Bytes("""
            {"queue":"default","source":{"range":{"from":0,"to":10}},"process":{"builtin":"identity"},"chunkSize":5,
             "aggregate":[{"op":"count"}]}
            """);
        Assert.Equal(JobOutcome.Done, (await job.Create(spec, null).Soon()).Outcome);
        var lease = await worker.NextStart();
        var report = EndedChunks.Report(JobSpecReader.ReadStored(spec), new ChunkPlan(1, 0, 5, default));
        var result = new AttemptResult(lease, EndReason.Exit, 0, null, 1, 1, 1, null, report);
        await worker.Node.Report(worker.Session, [lease], [result], []).Soon();
        await cluster.Arrivals.Of(nameof(IJobGrain.Ended), 1);

        // The second chunk stays open.
        for (var i = 0; (await cluster.Memory.Jobs.Get(Id))!.Progress.IsEmpty; i++)
        {
            Assert.InRange(i, 0, 10);
            cluster.Time.Advance(TimeSpan.FromSeconds(1));
            await job.Get().Soon();
        }

        Assert.Empty(await cluster.Memory.Jobs.EndedChunks(Id, 0, 10, 1 << 20));
        var view = (await job.Get().Soon())!;
        Assert.Equal((JobState.Running, """{"count":5}"""), (view.State, Encoding.UTF8.GetString(view.Aggregate.Span)));
    }

    [Fact]
    public async Task Create_RepeatedByAnActivationThatReadTooEarly_GoesOnWithWhatIsStored()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var job = cluster.Grains.GetGrain<IJobGrain>(Id.ToString());
        var spec = Bytes("""{"queue":"default","source":{"range":{"from":0,"to":10}},"process":{"builtin":"identity"},"chunkSize":2}""");
        Assert.Null(await job.Get().Soon());
        // The creation by an activation that was replaced: it cut other chunks, at another time.
        var write = new JobWrite(JobState.Running, 12_345, 0, 0, false, null, null, new JobSubmission("earlier", [], spec), []);
        var dispatcher = cluster.Grains.GetGrain<ITaskDispatcherGrain>(GrainCluster.Key);
        var chunks = ImmutableArray.Create(new ChunkPlan(1, 0, 10, default));
        await dispatcher.Job(new JobRequest(Id, 0, false, write, chunks, false, null, 64)).Soon();

        var reply = await job.Create(spec, null).Soon();

        Assert.Equal(JobOutcome.Done, reply.Outcome);
        var view = (await job.Get().Soon())!;
        Assert.Equal((12_345, 1), (view.StartedAt, view.ChunksQueued));
    }

    [Fact]
    public async Task Scheduled_JobRunsByTheCallAfterTheCommit_AndItsEndIsItsOccurrences()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var feed = await cluster.Listen();
        await Put(cluster, """{"source":{"items":[]},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}""");

        Assert.Equal(ScheduleOutcome.Done, (await Trigger(cluster)).Outcome);

        // Nobody but the dispatcher calls the job's grain.
        await feed.Until(Id, TaskState.Succeeded);
        var occurrence = Assert.Single(await cluster.Memory.Schedules.Occurrences("s", null, null, 9));
        Assert.Equal((Id, TaskState.Succeeded), (occurrence.Job, occurrence.State));
    }

    [Fact]
    public async Task Scheduled_CallAfterTheCommitIsLost_JobRunsOnceSomebodyLooksAfterIt()
    {
        await using var cluster = await GrainCluster.StartAsync();
        cluster.Arrivals.Lost = nameof(IJobGrain.EnsureActive);
        await Put(cluster, """{"source":{"items":[]},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}""");
        await Trigger(cluster);
        await cluster.Arrivals.Of(nameof(IJobGrain.EnsureActive), 1);
        await cluster.Host.KillAndRestart();
        Assert.Equal([Id], await cluster.Memory.Jobs.OpenIds());
        var feed = await cluster.Listen();
        cluster.Arrivals.Lost = null;

        await cluster.Grains.GetGrain<IJobGrain>(Id.ToString()).EnsureActive().Soon();

        await feed.Until(Id, TaskState.Succeeded);
        var occurrence = Assert.Single(await cluster.Memory.Schedules.Occurrences("s", null, null, 9));
        Assert.Equal((Id, TaskState.Succeeded), (occurrence.Job, occurrence.State));
    }

    [Fact]
    public async Task Scheduled_FileIsRefused_JobFailsAndCanBeShown()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var feed = await cluster.Listen();
        await Put(cluster, """{"source":{"file":{"path":"/nowhere"}},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}""");
        await Trigger(cluster);
        await feed.Until(Id, TaskState.Failed);
        await cluster.Host.KillAndRestart();

        var view = (await cluster.Grains.GetGrain<IJobReaderGrain>("reader").Get(Id).Soon())!;

        Assert.Equal((JobState.Failed, "source-failed", 0), (view.State, view.Reason, view.ItemsRead));
        Assert.Equal(
            "The file /nowhere cannot be read: this silo reads no files.", Assert.Single(view.Failures).Message);
        Assert.Equal("""{"count":0}""", Encoding.UTF8.GetString(view.Aggregate.Span));
    }

    [Fact]
    public async Task Scheduled_FileChangesBeforeARestart_JobGoesOnWithTheFileThatItBeganWith()
    {
        var files = new GrowingFile();
        await using var cluster = await GrainCluster.StartAsync(
            add: services => services.AddSingleton<ISourceFiles>(files));
        await Put(cluster, """{"source":{"file":{"path":"/f"}},"process":{"builtin":"identity"},"aggregate":[{"op":"count"}]}""");
        await Trigger(cluster);
        var job = cluster.Grains.GetGrain<IJobGrain>(Id.ToString());
        Assert.NotNull(await job.Get().Soon());
        await cluster.Host.KillAndRestart();
        job = cluster.Grains.GetGrain<IJobGrain>(Id.ToString());
        Assert.NotNull(await job.Get().Soon());

        Assert.Equal(1, files.Looks);
        var row = await cluster.Memory.Jobs.Get(Id);
        var progress = JobProgress.Read(row!.Progress.Span, JobSpecReader.ReadStored(row.Spec.Span).Plan, isFile: true);
        Assert.Equal(10, progress.Files!.Size);
        var first = (await cluster.Memory.Jobs.OpenPlans(Id, 0, 9))[0].Plan.First;
        Assert.Equal((0, 10), (first, (await cluster.Memory.Jobs.LastChunk(Id))!.Value.Next));
    }

    // Larger each time that somebody looks.
    private sealed class GrowingFile : ISourceFiles
    {
        public int Looks { get; private set; }

        public SourceFile Find(string path) => new(new FilePart(path, 10 * ++Looks, Modified: Looks), null);
    }

    private static async Task Put(GrainCluster cluster, string job)
    {
        var body = Bytes("{\"every\":\"1h\",\"job\":" + job + "}");
        var reply = await cluster.Dispatcher.Schedule(new ScheduleRequest(ScheduleAction.Put, "s") { Spec = body })
            .Soon();
        Assert.Equal(ScheduleOutcome.Done, reply.Outcome);
    }

    private static Task<ScheduleReply> Trigger(GrainCluster cluster) =>
        cluster.Dispatcher.Schedule(new ScheduleRequest(ScheduleAction.Trigger, "s") { Task = Id }).Soon();

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
