using System.Text;
using OrleansTasks.Grains.Tests.Jobs;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Cluster;

/// <summary>The shells around the rules of jobs: the job's grain and the reader.</summary>
public sealed class JobGrainTests
{
    private static readonly TaskId Id = new(0x0190_0000_0000_7000, 1);

    [Fact]
    public async Task List_WithAJobThatCannotBeRead_ShowsWhatItsColumnsTell()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var owner = await cluster.Memory.TakeEpoch(GrainCluster.Key, null, TestContext.Current.CancellationToken);
        var ids = Enumerable.Range(1, 3).Select(no => new TaskId(Id.High, (ulong)no)).ToArray();
        string[] specs = ["""{"source":{"stars":{}},"process":{"builtin":"identity"}}""", "no JSON",
            """{"source":{"items":[]},"process":{"builtin":"identity"},"later":1,"chunkSize":2000000}"""];
        var commit = new PartitionCommit(owner.Partition, owner.Epoch, owner.Sequence, 3, 1, [], [], [])
        {
            Jobs = [.. specs.Select((spec, no) => new JobCommit(no + 1, ids[no], new JobWrite(
                no == 1 ? JobState.Running : JobState.Succeeded, 5, 60, 0, false, null, null, new JobSubmission($"n{no}", [], Bytes(spec)), [])))],
        };
        Assert.Equal(CommitOutcome.Committed, (await cluster.Memory.Commit(commit)).Outcome);
        var reader = cluster.Grains.GetGrain<IJobReaderGrain>("reader");
        var jobs = await reader.List(JobFilter.All, null, 10).Soon();
        Assert.Equal(["identity", "n1", "n0"], jobs.Select(static job => job.Name));
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
    public async Task Create_RepeatedByAnActivationThatReadTooEarly_GoesOnWithWhatIsStored()
    {
        await using var cluster = await GrainCluster.StartAsync();
        var job = cluster.Grains.GetGrain<IJobGrain>(Id.ToString());
        var spec = Bytes("""{"queue":"default","source":{"range":{"from":0,"to":10}},"process":{"builtin":"identity"},"chunkSize":2}""");
        Assert.Null(await job.Get().Soon());
        // The creation by an activation that was replaced: it cut other chunks, at another time.
        var write = new JobWrite(JobState.Running, 12_345, 0, 0, false, null, null, new JobSubmission("earlier", [], spec), []);
        var dispatcher = cluster.Grains.GetGrain<ITaskDispatcherGrain>(GrainCluster.Key.ToString());
        var chunks = ImmutableArray.Create(new ChunkPlan(1, 0, 10, default));
        await dispatcher.Job(new JobRequest(Id, 0, false, write, chunks, false, null, 64)).Soon();

        var reply = await job.Create(spec, null).Soon();

        Assert.Equal(JobOutcome.Done, reply.Outcome);
        var view = (await job.Get().Soon())!;
        Assert.Equal((12_345, 1), (view.StartedAt, view.ChunksQueued));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
