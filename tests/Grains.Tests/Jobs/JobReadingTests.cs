using System.Text;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Jobs;

/// <summary>Jobs as gateways see them.</summary>
public sealed class JobReadingTests
{
    private const string Key = "default";

    [Fact]
    public async Task List_JobThatHasEnded_IsShownByItsHead()
    {
        var store = new MemoryTaskStore(TimeProvider.System);
        const string Spec = """{"name":"identity","source":{"items":[1,2,3]},"process":{"builtin":"identity"},"aggregate":[{"op":"sum"}]}""";
        await Add(store, 1, Spec);
        var reading = new JobReading(store.Jobs, static _ => Task.FromResult<JobView?>(null), TimeProvider.System);
        var view = Assert.Single(await reading.List(JobFilter.All, null, 10));
        Assert.Equal(("""{"sum":12}""", 3, 100), (Text(view), view.ItemsDone, view.Percent));
        Assert.Equal(Comparable(view), Comparable((await reading.Get(view.Id))!));
    }

    [Fact]
    public async Task List_JobsWithLargeAggregates_EndsWhenThePageIsFull()
    {
        var store = new MemoryTaskStore(TimeProvider.System);
        var text = new string('x', 1 << 16);
        await Add(
            store, 200, """{"source":{"items":[]},"process":{"builtin":"identity"},"aggregate":[{"op":"groupCount"}]}""",
            item: $"\"{text}\"");
        var reading = new JobReading(store.Jobs, static _ => Task.FromResult<JobView?>(null), TimeProvider.System);
        var ids = new List<TaskId>();
        TaskId? before = null;
        while (await reading.List(JobFilter.All, before, 1000) is { IsEmpty: false } page)
        {
            Assert.InRange(page.Sum(static view => (long)view.Aggregate.Length), 1, JobReading.PageBytes + (1 << 17));
            ids.AddRange(page.Select(static view => view.Id));
            before = ids[^1];
        }

        Assert.Equal(200, ids.Distinct().Count());
    }

    [Fact]
    public async Task List_OpenJobWhoseGrainFails_IsShownAsItIsStored()
    {
        var store = new MemoryTaskStore(TimeProvider.System);
        await Add(store, 2, """{"source":{"stream":{}},"process":{"builtin":"identity"}}""", state: JobState.Running);
        var reading = new JobReading(
            store.Jobs, static id => id.Low == 1 ? throw new OutcomeUnknownException() : Task.FromResult<JobView?>(null), TimeProvider.System);
        Assert.Equal([JobState.Running, JobState.Running], (await reading.List(JobFilter.All, null, 10)).Select(static view => view.State));
    }

    [Fact]
    public async Task Get_RetentionRemovesTheJobMeanwhile_ThereIsNone()
    {
        var store = new MemoryTaskStore(TimeProvider.System);
        await Add(store, 1, """{"source":{"stream":{}},"process":{"builtin":"identity"}}""", state: JobState.Running);
        var id = (await store.Jobs.OpenIds())[0];
        var reading = new JobReading(store.Jobs, EndAndRemove, TimeProvider.System);
        Assert.Null(await reading.Get(id));

        await Add(store, 1, """{"source":{"stream":{}},"process":{"builtin":"identity"}}""", first: 2, state: JobState.Running);
        Assert.Empty(await reading.List(JobFilter.All, null, 10));

        // As a grain answers that has ended its job and is deactivated: look at the store.
        async Task<JobView?> EndAndRemove(TaskId asked)
        {
            await End(store, asked, at: 2);
            Assert.Equal(1, await store.Jobs.Prune(3, 10));
            return null;
        }
    }

    [Fact]
    public async Task List_RetentionRemovesAllJobsOfThePage_GoesOnWithOlderOnes()
    {
        var store = new MemoryTaskStore(TimeProvider.System);
        await Add(store, 1, """{"source":{"items":[1,2,3]},"process":{"builtin":"identity"}}""");
        var old = (await store.Jobs.List(JobFilter.All, null, 10))[0].Id;
        await Add(store, 2, """{"source":{"stream":{}},"process":{"builtin":"identity"}}""", first: 2, state: JobState.Running);
        var reading = new JobReading(store.Jobs, EndAndRemove, TimeProvider.System);

        var page = await reading.List(JobFilter.All, null, 1);

        Assert.Equal(old, Assert.Single(page).Id);

        async Task<JobView?> EndAndRemove(TaskId asked)
        {
            await End(store, asked, at: 1);
            Assert.Equal(1, await store.Jobs.Prune(2, 10));
            return null;
        }
    }

    [Fact]
    public async Task Progress_LargerThanAPart_IsPutInPartsAndReadBack()
    {
        var tasks = new MemoryTaskStore(TimeProvider.System);
        await Add(tasks, 1, """{"source":{"items":[]},"process":{"builtin":"identity"}}""", state: JobState.Running);
        var store = tasks.Jobs;
        var id = (await store.OpenIds())[0];
        var progress = new byte[(2 * store.LargestPart) + 5];
        new Random(1).NextBytes(progress);
        progress[0] = 2;
        var write = new JobWrite(JobState.Running, 1, 0, 0, false, null, progress, null, []);
        var put = await StoredProgress.Put(store, id, write, 9);
        Assert.Equal(new ProgressParts(9, 3), put.Parts);
        Assert.InRange(put.Progress!.Bytes.Length, 1, 30);
        Assert.Equal(progress, (await StoredProgress.Read(store, id, put.Progress!.Bytes))!.Value.ToArray());
        Assert.Equal(write, await StoredProgress.Put(store, id, write with { Progress = progress[..9] }, 9) with { Progress = write.Progress });
        Assert.Null(await StoredProgress.Read(store, new TaskId(5, 5), put.Progress!.Bytes));
        Assert.Throws<FormatException>(() => JobProgress.Read(put.Progress!.Bytes.Span, JobSpecReader.ReadStored(
            """{"source":{"items":[]},"process":{"builtin":"identity"}}"""u8).Plan, isFile: false));
    }

    [Fact]
    public async Task WithProgress_APartIsMissing_IsDamageOnlyIfTheRowStillRefersToIt()
    {
        var tasks = new MemoryTaskStore(TimeProvider.System);
        await Add(tasks, 1, """{"source":{"items":[]},"process":{"builtin":"identity"}}""", state: JobState.Running);
        var id = (await tasks.Jobs.OpenIds())[0];
        var large = new JobWrite(JobState.Running, 1, 0, 0, false, null, new byte[tasks.Jobs.LargestPart + 1], null, []);
        // Puts the parts of another job, so that those of this one are missing.
        var withoutParts = await StoredProgress.Put(tasks.Jobs, new TaskId(5, 5), large, 9);
        var stored = new StoredJob(tasks.Jobs, id);
        var replaced = (await stored.Get())! with { Progress = withoutParts.Progress!.Bytes };
        await Assert.ThrowsAsync<StoreUnavailableException>(() => stored.WithProgress(replaced));

        await Commit(tasks, id, withoutParts);
        var damaged = (await stored.Get())!;
        await Assert.ThrowsAsync<FormatException>(() => stored.WithProgress(damaged));
    }

    [Theory]
    [InlineData("""{"source":{"range":{"from":-5,"to":90}},"process":{"builtin":"square"},"aggregate":[{"op":"sum"}]}""")]
    [InlineData("""{"source":{"stream":{}},"process":{"builtin":"json","select":"/a"},"aggregate":[{"op":"collect"}],"order":"source"}""")]
    [InlineData("""{"source":{"file":{"path":"/f","format":"csv"}},"process":{"command":{"cmd":"cat"}},"onItemError":"skip"}""")]
    public void Head_WrittenAndRead_IsTheSame(string text)
    {
        var head = JobHead.Of(JobSpecReader.ReadStored(Encoding.UTF8.GetBytes(text)));
        var read = JobHead.Read(head.ToBytes());
        Assert.Equal(head with { Plan = null! }, read with { Plan = null! });
        Assert.Equal(head.Plan.ToBytes(), read.Plan.ToBytes());
        Assert.Throws<FormatException>(() => JobHead.Read([9]));
    }

    private static Task End(ITaskStore store, TaskId job, long at) =>
        Commit(store, job, new JobWrite(JobState.Succeeded, 1, at, 0, false, null, null, null, []));

    private static async Task Commit(ITaskStore store, TaskId job, JobWrite write)
    {
        var owner = await store.TakeEpoch(Key, null, TestContext.Current.CancellationToken);
        await store.Commit(new QueueCommit(owner.QueueNo, owner.Epoch, owner.Sequence, owner.LastNo, 1, [], [], [])
        {
            Jobs = [new JobCommit((long)job.Low, job, write)],
        });
    }

    /// <summary>Stores jobs whose one chunk is folded.</summary>
    internal static async Task Add(
        ITaskStore store, int count, string text, int first = 1, string item = "12", JobState state = JobState.Succeeded)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var spec = JobSpecReader.ReadStored(bytes);
        var partial = new ChunkEvaluator(spec.Plan).Run(
            new ChunkInput(
                ItemFormat.Json, 0, 3, Encoding.UTF8.GetBytes($"{item}\n{(item == "12" ? "0\n0" : "1\n1")}\n")), default);
        var fold = new JobFold(partial);
        var progress = new JobProgress(1, 3, 0, null, fold).ToBytes();
        var owner = await store.TakeEpoch(Key, null, TestContext.Current.CancellationToken);
        for (var i = 0; i < count; i++)
        {
            var submission = new JobSubmission(spec.Name, [], bytes, JobHead.Of(spec).ToBytes());
            var result = await store.Commit(new QueueCommit(owner.QueueNo, owner.Epoch, owner.Sequence + i, first + i, 1, [], [], [])
            {
                Jobs = [new JobCommit(first + i, new TaskId(0x0190_0000_0000_7000, (ulong)(first + i)),
                    new JobWrite(state, 1, state == JobState.Running ? 0 : 2, 0, false, null, progress, submission, []))],
            });
            Assert.Equal(CommitOutcome.Committed, result.Outcome);
        }
    }

    internal static string Text(JobView view) => Encoding.UTF8.GetString(view.Aggregate.Span);

    private static string Comparable(JobView view) =>
        $"{view.Name} {view.State} {view.ItemsRead} {view.ItemsDone} {view.Percent} {view.ChunksDone} {view.Queue} {Text(view)} {view.ItemsPerSecond} {view.EtaSeconds}";
}
