using OrleansTasks.Jobs;

namespace OrleansTasks.Storage.Tests.Conformance;

public abstract partial class TaskStoreConformance
{
    private const int Any = 1 << 20;

    private static readonly JobWrite Running = new(JobState.Running, 5, 0, 0, false, null, null, null, []);

    private async Task<(TaskId Id, long No)> AddJob(
        TestQueue queue, long no, string name = "sum", ImmutableArray<Label> labels = default, params ChunkPlan[] chunks)
    {
        var id = Clock.Ids.Next();
        no += queue.No * QueueOwnership.RowNumbers;
        var submission = new JobSubmission(name, labels.IsDefault ? [] : labels, TestRows.Bytes("{}"), TestRows.Bytes($"head of {name}"));
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan([]) with
        {
            Jobs = [new JobCommit(no, id, Running with { New = submission })],
            Chunks = [.. chunks.Select(chunk => new ChunkWrite(no, chunk, null))],
        }));
        return (id, no);
    }

    private async Task Write(TestQueue queue, (TaskId Id, long No) job, JobWrite? write, params EndedChunk[] ended) =>
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan([]) with
        {
            Jobs = write is null ? [] : [new JobCommit(job.No, job.Id, write)],
            Chunks = [.. ended.Select(chunk => new ChunkWrite(job.No, null, chunk))],
        }));

    private static ChunkPlan Chunk(long no) => new(no, (no - 1) * 10, 10, TestRows.Bytes("1\n"));

    private static EndedChunk Ended(long no) =>
        new(no, TaskState.Succeeded, 2, "w1", EndReason.Exit, 1234, 99, TestRows.Bytes($"report {no}"));

    [Fact]
    public async Task Jobs_Written_AreReadBackAfterAReopen()
    {
        var queue = await Take("q");
        var job = await AddJob(queue, 7, labels: [new("team", "blue")]);
        await Write(queue, job, new JobWrite(JobState.Failed, 5, 60, 50, true, "item-error", TestRows.Bytes("fold"), null, []));
        Reopen();
        var row = (await Store.Jobs.Get(job.Id))!;
        Assert.Equal(
            (job.No, "q", "sum", JobState.Failed, 5, 60, 50, true, "item-error"),
            (row.No, row.Queue, row.Name, row.State, row.StartedAt, row.EndedAt, row.CancelRequestedAt, row.IsClosed, row.Reason));
        Assert.Equal([new Label("team", "blue")], row.Labels);
        Assert.Equal("fold", TestRows.Text(row.Progress));
        Assert.Equal("{}", TestRows.Text(row.Spec));
        Assert.Null(await Store.Jobs.Get(new TaskId(1, 1)));
    }

    [Fact]
    public async Task Commit_WithAJobThatIsStored_IsRefusedAndWritesNothing()
    {
        var queue = await Take();
        var job = await AddJob(queue, 1);
        await Write(queue, job, Running with { State = JobState.Succeeded, EndedAt = 9, Progress = TestRows.Bytes("fold") });
        var fine = queue.New();
        var again = new JobCommit(job.No + 1, job.Id, Running with { New = new JobSubmission("sum", [], TestRows.Bytes("{}"), TestRows.Bytes("head")) });
        Assert.Equal(CommitOutcome.Refused, (await queue.TryCommit(queue.Plan([fine]) with { Jobs = [again] })).Outcome);
        Assert.Null(await Store.Get(fine.Row.Id));
        Assert.Equal(JobState.Succeeded, (await Store.Jobs.Get(job.Id))!.State);
        Assert.Equal(StoreHealth.Healthy, Store.Health);
    }

    [Fact]
    public async Task Jobs_WriteWithoutProgress_LeavesTheStoredOne()
    {
        var queue = await Take();
        var job = await AddJob(queue, 1);
        await Write(queue, job, Running with { Progress = TestRows.Bytes("fold") });
        await Write(queue, job, Running with { CancelRequestedAt = 9 });
        Assert.Equal("fold", TestRows.Text((await Store.Jobs.Get(job.Id))!.Progress));
    }

    [Fact]
    public async Task Chunks_AreOpenUntilTheyEnd()
    {
        var queue = await Take();
        var job = await AddJob(queue, 1, chunks: [Chunk(1), Chunk(2), Chunk(3)]);
        await Write(queue, job, null, Ended(2));
        Reopen();
        var open = await Store.Jobs.OpenChunks(job.Id, 0, 10, Any);
        Assert.Equal([1, 3], open.Select(static row => row.Plan.No));
        Assert.Equal((20, 10, "1\n"), (open[1].Plan.First, open[1].Plan.Items, TestRows.Text(open[1].Plan.Segment)));
        Assert.Null(open[0].Ended);
        var ended = Assert.Single(await Store.Jobs.EndedChunks(job.Id, 0, 10, Any)).Ended!;
        Assert.Equal(("report 2", Ended(2) with { Report = default }), (TestRows.Text(ended.Report), ended with { Report = default }));
        Assert.Equal(3, Assert.Single(await Store.Jobs.OpenChunks(job.Id, 1, 10, Any)).Plan.No);
        Assert.Equal(1, Assert.Single(await Store.Jobs.OpenChunks(job.Id, 0, 1, Any)).Plan.No);
        Assert.Equal(new ChunkEnd(3, 30), await Store.Jobs.LastChunk(job.Id));
    }

    [Fact]
    public async Task Chunks_OfUploads_KeepTheirMarksWhenTheyEnd()
    {
        var queue = await Take();
        var mark = new UploadMark(Clock.Ids.Next(), 1L << 40);
        var job = await AddJob(queue, 1, chunks: [Chunk(1) with { Upload = mark }, Chunk(2), Chunk(3) with { Upload = mark with { Items = 7 } }]);
        await Write(queue, job, null, Ended(1), Ended(2));
        Reopen();
        Assert.Equal([mark, null], (await Store.Jobs.EndedChunks(job.Id, 0, 10, Any)).Select(static row => row.Plan.Upload));
        Assert.Equal(mark with { Items = 7 }, Assert.Single(await Store.Jobs.OpenChunks(job.Id, 0, 10, Any)).Plan.Upload);
        Assert.Equal(mark with { Items = 7 }, Assert.Single(await Store.Jobs.OpenPlans(job.Id, 0, 10)).Plan.Upload);
    }

    [Fact]
    public async Task Chunks_OfAFencedCommit_AreNotThere()
    {
        var queue = await Take();
        var job = await AddJob(queue, 1, chunks: [Chunk(1)]);
        var stale = queue.Plan([]) with { Chunks = [new ChunkWrite(job.No, null, Ended(1)), new ChunkWrite(job.No, Chunk(2), null)] };
        await queue.TakeOver();
        Assert.Equal(CommitOutcome.Fenced, (await Store.Commit(stale)).Outcome);
        Assert.Equal(1, Assert.Single(await Store.Jobs.OpenChunks(job.Id, 0, 10, Any)).Plan.No);
        Assert.Empty(await Store.Jobs.EndedChunks(job.Id, 0, 10, Any));
    }

    [Fact]
    public async Task Chunks_GivenTwice_StayAsTheyAre()
    {
        var queue = await Take();
        var job = await AddJob(queue, 1, chunks: [Chunk(1)]);
        await Write(queue, job, null, Ended(1));
        Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan([]) with { Chunks = [new ChunkWrite(job.No, Chunk(1), null)] }));
        Assert.Empty(await Store.Jobs.OpenChunks(job.Id, 0, 10, Any));
    }

    [Fact]
    public async Task Chunks_ThatProgressCovers_Go_AndAllGoWhenTheJobEnds()
    {
        var queue = await Take();
        var other = await AddJob(queue, 1, chunks: [Chunk(1)]);
        var job = await AddJob(queue, 2, chunks: [.. Enumerable.Range(1, 6).Select(no => Chunk(no))]);
        await Write(queue, job, null, [.. Enumerable.Range(1, 5).Select(no => Ended(no))]);
        await Write(queue, job, Running with { Progress = TestRows.Bytes("f"), Folded = [new(1, 2), new(4, 4)] });
        Assert.Equal([3, 5], (await Store.Jobs.EndedChunks(job.Id, 0, 10, Any)).Select(static row => row.Plan.No));
        Assert.Single(await Store.Jobs.OpenChunks(job.Id, 0, 10, Any));
        await Write(queue, job, Running with { State = JobState.Succeeded, EndedAt = 1 });
        Assert.Empty(await Store.Jobs.EndedChunks(job.Id, 0, 10, Any));
        Assert.Null(await Store.Jobs.LastChunk(job.Id));
        Assert.Single(await Store.Jobs.OpenChunks(other.Id, 0, 10, Any));
    }

    [Fact]
    public async Task Collected_StaysInOrderOfNumbersUntilTheJobIsPruned()
    {
        var queue = await Take();
        var job = await AddJob(queue, 1, chunks: [Chunk(1), Chunk(2), Chunk(3)]);
        foreach (var no in (long[])[3, 1, 2])
        {
            Assert.Equal(CommitResult.Committed, await queue.TryCommit(queue.Plan([]) with
            {
                Chunks = [new ChunkWrite(job.No, null, Ended(no), no == 2 ? default(ReadOnlyMemory<byte>) : TestRows.Bytes($"{no}\n"))],
            }));
        }

        await Write(queue, job, Running with { State = JobState.Succeeded, EndedAt = 1 });
        Reopen();
        Assert.Equal(
            [(1, "1\n"), (2, ""), (3, "3\n")],
            (await Store.Jobs.Collected(job.Id, 0, 1000)).Select(static chunk => (chunk.No, TestRows.Text(chunk.Lines))));
        Assert.Equal(4, await Store.Jobs.CollectedBytes(job.Id));
        Assert.Equal([1, 2], (await Store.Jobs.Collected(job.Id, 0, 4)).Select(static chunk => chunk.No));
        Assert.Equal(1, Assert.Single(await Store.Jobs.Collected(job.Id, 0, 1)).No);
        Assert.Equal(3, Assert.Single(await Store.Jobs.Collected(job.Id, 2, 1)).No);
        Assert.Equal(1, await Store.Jobs.Prune(2, 10));
        Assert.Empty(await Store.Jobs.Collected(job.Id, 0, 1000));
        Assert.Equal(0, await Store.Jobs.CollectedBytes(job.Id));
    }

    [Fact]
    public async Task Jobs_Lists_FilterAndPageNewestFirst()
    {
        var first = await Take("a");
        var second = await Take("b");
        var jobs = new List<TaskId>();
        for (var i = 1; i <= 6; i++)
            jobs.Add((await AddJob(i % 2 == 0 ? first : second, i, $"n{i % 3}", [new("n", $"{i % 3}")])).Id);
        await Write(first, (jobs[1], QueueOwnership.RowNumbers + 2), Running with { State = JobState.Cancelled, EndedAt = 3 });
        Assert.Equal([jobs[5], jobs[4]], (await Store.Jobs.List(JobFilter.All, null, 2)).Select(static job => job.Id));
        Assert.Equal([jobs[3], jobs[2]], (await Store.Jobs.List(JobFilter.All, jobs[4], 2)).Select(static job => job.Id));
        Assert.Equal(jobs[1], Assert.Single(await Store.Jobs.List(JobFilter.All with { State = JobState.Cancelled }, null, 9)).Id);
        Assert.Equal([jobs[5], jobs[3], jobs[1]], (await Store.Jobs.List(JobFilter.All with { Queue = "a" }, null, 9)).Select(static job => job.Id));
        Assert.Equal([jobs[4], jobs[1]], (await Store.Jobs.List(JobFilter.All with { Labels = [new("n", "2")], Name = "n2" }, null, 9)).Select(static job => job.Id));
        Assert.Empty(await Store.Jobs.List(JobFilter.All with { CreatedBefore = jobs[0].CreatedAt }, null, 9));
        Assert.Equal(5, (await Store.Jobs.OpenIds()).Length);
        Assert.Equal([jobs[3], jobs[5]], (await Store.Jobs.ListOpen(first.No, default, Any)).Select(static job => job.Id));
    }

    [Fact]
    public async Task Jobs_Lists_BringNoMoreThanAskedFor()
    {
        var queue = await Take();
        var jobs = new List<TaskId>();
        for (var no = 1; no <= 3; no++)
        {
            var job = await AddJob(queue, no, $"{no}");
            await Write(queue, job, Running with { Progress = TestRows.Bytes("fold") });
            jobs.Add(job.Id);
        }

        var listed = await Store.Jobs.List(JobFilter.All, null, 9);
        Assert.Equal(["head of 3", "head of 2", "head of 1"], listed.Select(static job => TestRows.Text(job.Head)));
        Assert.All(listed, static job => Assert.True(job.Spec.IsEmpty && job.Progress.IsEmpty));
        Assert.Equal("head of 2", TestRows.Text((await Store.Jobs.Get(jobs[1], whole: false))!.Head));
        Assert.Equal("fold", TestRows.Text((await Store.Jobs.Progress(jobs[1]))!.Value));
        Assert.Null(await Store.Jobs.Progress(new TaskId(1, 1)));
        var open = await Store.Jobs.ListOpen(queue.No, default, 4);
        Assert.Equal(jobs[..2], open.Select(static job => job.Id));
        Assert.All(open, static job => Assert.True(TestRows.Text(job.Spec) == "{}" && job.Progress.IsEmpty));
        Assert.Equal(jobs[2], Assert.Single(await Store.Jobs.ListOpen(queue.No, jobs[1], 1)).Id);
        Assert.Empty(await Store.Jobs.ListOpen(queue.No, jobs[2], Any));
    }

    [Fact]
    public async Task Chunks_Pages_EndByBytesAndPlansComeWithoutItems()
    {
        var queue = await Take();
        var chunks = Enumerable.Range(1, 6).Select(static no => new ChunkPlan(no, 0, 1, new byte[1000])).ToArray();
        var job = await AddJob(queue, 1, chunks: chunks);
        await Write(queue, job, null, Ended(5), Ended(6));
        Assert.Equal([1, 2], (await Store.Jobs.OpenChunks(job.Id, 0, 10, 1500)).Select(static row => row.Plan.No));
        Assert.Equal(3, Assert.Single(await Store.Jobs.OpenChunks(job.Id, 2, 10, 1)).Plan.No);
        var plans = await Store.Jobs.OpenPlans(job.Id, 1, 10);
        Assert.Equal([2, 3, 4], plans.Select(static row => row.Plan.No));
        Assert.All(plans, static row => Assert.Equal((ChunkRow.SegmentStart, 1000), (row.Plan.Segment.Length, row.SegmentBytes)));
        Assert.Equal(5, Assert.Single(await Store.Jobs.EndedChunks(job.Id, 0, 10, 1)).Plan.No);
        Assert.Equal(6, Assert.Single(await Store.Jobs.EndedChunks(job.Id, 5, 10, 1)).Plan.No);
        Assert.Empty(await Store.Jobs.EndedChunks(job.Id, 6, 10, Any));
    }

    [Fact]
    public async Task Progress_Parts_StayUntilACommitNamesAnotherVersion()
    {
        var queue = await Take();
        var job = await AddJob(queue, 1);
        var other = await AddJob(queue, 2);
        foreach (var (version, part) in ((long, int)[])[(7, 0), (7, 1), (8, 0)])
            await Store.Jobs.PutPart(job.Id, version, part, TestRows.Bytes($"{version}.{part}"));
        await Store.Jobs.PutPart(job.Id, 7, 1, TestRows.Bytes("again"));
        await Store.Jobs.PutPart(other.Id, 7, 0, TestRows.Bytes("other"));
        await Write(queue, job, Running with { StartedAt = 6 });
        await Write(queue, job, Running with { Progress = TestRows.Bytes("ref"), Parts = new(7, 2) });
        Reopen();
        Assert.Equal(["7.0", "again", "none", "none"], await Parts());
        Assert.Equal("other", TestRows.Text((await Store.Jobs.Part(other.Id, 7, 0))!.Value));
        queue = await Take();
        await Write(queue, job, Running with { State = JobState.Succeeded, EndedAt = 1, Progress = TestRows.Bytes("small") });
        await Store.Jobs.PutPart(job.Id, 8, 0, TestRows.Bytes("late"));
        Assert.Equal(["none", "none", "none", "none"], await Parts());

        async Task<string[]> Parts() =>
        [
            TextOf(await Store.Jobs.Part(job.Id, 7, 0)), TextOf(await Store.Jobs.Part(job.Id, 7, 1)),
            TextOf(await Store.Jobs.Part(job.Id, 7, 2)), TextOf(await Store.Jobs.Part(job.Id, 8, 0)),
        ];

        static string TextOf(ReadOnlyMemory<byte>? bytes) => bytes is { } known ? TestRows.Text(known) : "none";
    }

    [Fact]
    public async Task Jobs_Prune_DeletesEndedOnesAlone()
    {
        var queue = await Take();
        var old = await AddJob(queue, 1);
        var open = await AddJob(queue, 2);
        await Write(queue, old, Running with { State = JobState.Succeeded, EndedAt = 10 });
        Assert.Equal(0, await Store.Jobs.Prune(10, 10));
        Assert.Equal(1, await Store.Jobs.Prune(11, 10));
        Assert.Null(await Store.Jobs.Get(old.Id));
        Assert.NotNull(await Store.Jobs.Get(open.Id));
    }
}
