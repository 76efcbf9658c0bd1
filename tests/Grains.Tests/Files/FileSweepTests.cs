using OrleansTasks.Files;
using OrleansTasks.Grains.Tests.Dispatch;
using OrleansTasks.Jobs;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Files;

/// <summary>Files come and go, while uploads, uses and sweeps meet and any step fails.</summary>
public sealed class FileSweepTests
{
    private static readonly TimeSpan Day = ServiceLimits.FileAge;
    private readonly MemoryFileStore store = new();
    private readonly MemoryFileIndex index = new();
    private readonly FileClock clock = new();

    [Fact]
    public async Task File_ThatNothingNames_GoesAfterADay()
    {
        var (kept, gone) = (await Put(1), await Put(2));
        await index.AddUses(new FileUse(FileUseKind.Task, "t"), [kept], clock.Now);
        clock.Advance(Day - TimeSpan.FromMinutes(1));
        Assert.Equal(0, await Sweep().Round(isAlone: false, default));
        await Depot().Missing([gone]);
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(0, await Sweep().Round(isAlone: false, default));
        clock.Advance(Day);

        Assert.Equal(1, await Sweep().Round(isAlone: false, default));

        Assert.Equal([kept], store.Names);
        Assert.Equal([gone], await Depot().Missing([kept, gone]));
        await index.RemoveUses(new FileUse(FileUseKind.Task, "t"));
        clock.Advance(Day + TimeSpan.FromMinutes(1));
        Assert.Equal(1, await Sweep().Round(isAlone: false, default));
        Assert.Empty(store.Names);
        Assert.Equal((0, 0), await index.Totals());
    }

    [Fact]
    public async Task Sweep_ThatStoppedBetweenClaimAndDeletion_IsFinishedByAnother()
    {
        var name = await Put(1);
        clock.Advance(Day + TimeSpan.FromMinutes(1));
        store.Before = static step => throw (step == FileStep.Delete ? new StoreUnavailableException() : new InvalidOperationException());
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Sweep().Round(isAlone: false, default));
        store.Before = null;
        Assert.Null(await Depot().Find(name));

        // Another process leaves it alone as long as the first one may go on.
        Assert.Equal(0, await Sweep().Round(isAlone: false, default));
        clock.Advance(TimeSpan.FromHours(2));
        Assert.Equal(1, await Sweep().Round(isAlone: false, default));
        Assert.Empty(store.Names);
        Assert.Equal(name, await Put(1));
    }

    [Fact]
    public async Task Artifacts_OfAJob_StayAsLongAsTheJob()
    {
        var (tasks, job, name) = (new MemoryTaskStore(clock), new TaskId(1, 1), await Put(1));
        var owned = await tasks.TakeEpoch("q", null, default);
        var ended = new JobWrite(JobState.Succeeded, 1, 2, 0, true, null, ReadOnlyMemory<byte>.Empty, new JobSubmission("j", [], "{}"u8.ToArray()), []);
        var commit = new QueueCommit(owned.QueueNo, owned.Epoch, owned.Sequence, 1, 2, [], [], []) { Jobs = [new JobCommit(1, job, ended)] };
        Assert.Equal(CommitResult.Committed, await tasks.Commit(commit));
        await index.AddArtifacts(job, ResultsFile.Token, [new ArtifactRow(ResultsFile.Path, new StoredFile(name, 4), false)], clock.Now);
        var sweep = new FileSweep(store, index, tasks, new SeededRandomness(1), clock);

        clock.Advance(2 * Day);
        Assert.Equal(0, await sweep.Round(isAlone: false, default));
        Assert.Single(await index.Artifacts(job, ResultsFile.Token, null, 10));
        Assert.Equal(1, await tasks.Jobs.Prune(10, 10));
        clock.Advance(2 * Day);

        Assert.Equal(1, await sweep.Round(isAlone: false, default));
        Assert.Empty(await index.Artifacts(job, ResultsFile.Token, null, 10));
    }

    [Fact]
    public async Task Sweep_AfterARestartOfTheOnlyProcess_FinishesAtOnce()
    {
        await Put(1);
        clock.Advance(Day + TimeSpan.FromMinutes(1));
        store.Before = static _ => throw new StoreUnavailableException();
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Sweep().Round(isAlone: false, default));
        store.Before = null;
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(1, await Sweep().Round(isAlone: true, default));
        Assert.Empty(store.Names);
    }

    [Fact]
    public async Task Store_WhileTheFileIsLeaving_WaitsUntilItIsGone()
    {
        var name = await Put(1);
        clock.Advance(Day + TimeSpan.FromMinutes(1));
        var claim = new FileClaim(7, clock.Now);
        await index.Claim(clock.Now, 0, claim, 10);

        var upload = Put(1);
        Assert.False(upload.IsCompleted);
        await store.Delete(name);
        await index.Forget([name], claim);
        clock.Fire();

        Assert.Equal(name, await upload);
        Assert.Equal([name], store.Names);
        Assert.Equal(new StoredFile(name, 1_001), await Depot().Find(name));
    }

    [Fact]
    public async Task Bytes_ThatTheIndexDoesNotKnow_AreRemoved()
    {
        var known = await Put(1);
        foreach (var n in Enumerable.Range(2, 20))
        {
            var upload = store.Begin();
            await upload.Write(Content(n));
            await store.Publish([upload]);
        }

        var sweep = Sweep();
        for (var round = 0; round < 32; round++)
            await sweep.Round(isAlone: false, default);

        Assert.Equal([known], store.Names);
        Assert.Equal((1, 1_001), await index.Totals());
    }

    [Fact]
    public async Task Store_BeyondTheLimit_IsRefused()
    {
        var depot = new FileDepot(store, index, new FileDepotOptions { MostBytes = 2_500 }, clock);
        await Put(1, depot);
        await Put(2, depot);
        await Assert.ThrowsAsync<FileStoreFullException>(() => Put(3, depot));
        Assert.Equal(2, store.Names.Length);
        Assert.Equal(new FileSpace(2, 2_003, 2_500), await depot.Space());
    }

    [Fact]
    public async Task Store_ThatFailsAtAnyStep_LeavesNothingThatCounts()
    {
        foreach (var failing in new[] { FileStep.Write, FileStep.Publish })
        {
            store.Before = step => { if (step == failing) throw new FileStoreFullException(); };
            await Assert.ThrowsAsync<FileStoreFullException>(() => Put(1));
            store.Before = null;
            Assert.Equal([FileName.Of(Content(1))], await Depot().Missing([FileName.Of(Content(1))]));
        }

        clock.Advance(Day + TimeSpan.FromMinutes(1));
        await Sweep().Round(isAlone: false, default);
        Assert.Equal((0, 0), await index.Totals());
        await Put(1);
    }

    // A model of users that upload, name, forget and ask, with sweeps in between and failing deletions.
    [Fact]
    public async Task Lives_OfManyFiles_NeverLoseANamedOne()
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var (store, index) = (new MemoryFileStore(), new MemoryFileIndex());
            var depot = new FileDepot(store, index, new FileDepotOptions(), clock);
            var sweep = new FileSweep(store, index, new MemoryTaskStore(clock), new SeededRandomness(seed), clock);
            store.Before = step => { if (step == FileStep.Delete && random.Next(4) == 0) throw new StoreUnavailableException(); };
            for (var step = 0; step < 120; step++)
            {
                var n = random.Next(6);
                var name = FileName.Of(Content(n));
                var owner = new FileUse(FileUseKind.Task, $"{random.Next(4)}");
                switch (random.Next(6))
                {
                    case 0:
                        if ((await index.Reserve([new StoredFile(name, 1)], clock.Now))[0] != FileState.Leaving)
                            await Put(n, depot);
                        break;
                    case 1:
                        await index.AddUses(owner, [name], clock.Now);
                        break;
                    case 2:
                        await index.RemoveUses(owner);
                        break;
                    case 3:
                        await depot.Missing([name]);
                        break;
                    case 4:
                        clock.Advance(TimeSpan.FromHours(random.Next(20)));
                        break;
                    default:
                        try
                        {
                            await sweep.Round(isAlone: false, default);
                        }
                        catch (StoreUnavailableException)
                        {
                            // The next round goes on.
                        }

                        break;
                }

                Assert.Empty(index.Named.Except(store.Names));
            }

            // At the end the store has what is named and nothing else.
            store.Before = null;
            clock.Advance(2 * Day);
            for (var round = 0; round < 32; round++)
                await sweep.Round(isAlone: false, default);
            Assert.Equal(index.Named, store.Names);
            Assert.Equal(index.Named.Length, (await index.Totals()).Files);
        }
    }

    private static byte[] Content(int n)
    {
        var content = new byte[1_000 + n];
        new Random(n).NextBytes(content);
        return content;
    }

    private FileDepot Depot() => new(store, index, new FileDepotOptions(), clock);

    private FileSweep Sweep() => new(store, index, new MemoryTaskStore(clock), new SeededRandomness(1), clock);

    private async Task<FileName> Put(int n, FileDepot? depot = null)
    {
        depot ??= Depot();
        await using var upload = await depot.Begin();
        await upload.Write(Content(n));
        return (await depot.Store([upload]))[0].File.Name;
    }
}
