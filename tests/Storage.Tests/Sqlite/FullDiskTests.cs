using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Files;
using OrleansTasks.Storage.Sqlite;

namespace OrleansTasks.Storage.Tests.Sqlite;

/// <summary>A disk of 16 MiB, made for the test where the system lets it.</summary>
[Trait("Needs", "mounts")]
public sealed class FullDiskTests : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private readonly TestClock clock = new();
    private SqliteDatabase database = null!;
    private bool mounted;

    private string Disk => folder.File("disk");

    private SqliteTaskStore Store => new(database);

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Disk);
        var (exitCode, output) = await ProbeProcess.Run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", Disk);
        Assert.SkipUnless(exitCode == 0, $"A small disk cannot be mounted here: {output}");
        mounted = true;
        database = new SqliteDatabase(
            new SqliteStorageOptions { Directory = Disk, LowSpaceBytes = 4 << 20, CheckpointBytes = 1 << 20 }, clock);
    }

    public async ValueTask DisposeAsync()
    {
        database?.Dispose();
        if (mounted)
            await ProbeProcess.Run("umount", Disk);
        folder.Dispose();
    }

    private void FillDisk(long leave)
    {
        using var file = File.Open(Path.Combine(Disk, "ballast"), FileMode.Append);
        var drive = new DriveInfo(Disk);
        while (drive.AvailableFreeSpace - leave is var room and >= 4096)
        {
            file.Write(new byte[Math.Min(room, 1 << 20) / 4096 * 4096]);
            file.Flush();
        }
    }

    private void FreeDisk() => File.Delete(Path.Combine(Disk, "ballast"));

    [Fact]
    public async Task Commit_DiskIsFull_FailsWholeAndRecovers()
    {
        var queue = await TestQueue.Take(Store, clock);
        var kept = queue.New();
        await queue.Commit(kept);
        FillDisk(leave: 0);
        var writes = Enumerable.Range(0, 40).Select(_ => queue.New(s => s with { Spec = new byte[100_000] }))
            .ToArray();
        var result = await queue.TryCommit(queue.Plan(writes));
        Assert.Equal(CommitOutcome.Failed, result.Outcome);
        Assert.Contains("disk is full", result.Detail, StringComparison.Ordinal);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(StoreHealth.NoSpace, Store.Health);
        Assert.Equal([kept.Row.Id], (await Store.List(TaskFilter.All, null, 100)).Select(t => t.Id));

        FreeDisk();
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(StoreHealth.Failing, Store.Health);
        await queue.Commit(writes);
        Assert.Equal(StoreHealth.Healthy, Store.Health);
    }

    [Fact]
    public async Task Commit_DiskIsFull_EndsAndOwnersUseTheReserve_AndNothingNewDoes()
    {
        var queue = await TestQueue.Take(Store, clock);
        var running = Enumerable.Range(0, 200).Select(_ => queue.New(row: r => r.Running())).ToArray();
        await queue.Commit(running);
        var reserved = database.ReserveBytes;
        Assert.True(reserved > 0);
        FillDisk(leave: 0);

        // Fills what the log had left.
        while ((await queue.TryCommit(queue.Plan([queue.New(s => s with { Spec = new byte[4_000] })]))).Outcome
            == CommitOutcome.Committed)
        {
        }

        Assert.Equal(reserved, database.ReserveBytes);
        clock.Advance(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => TestQueue.Take(Store, clock, "new"));
        var next = await TestQueue.Take(Store, clock);
        foreach (var ended in running)
            await next.Commit(TestQueue.Change(ended, r => r.Ended()));
        Assert.True(database.ReserveBytes < reserved, "The ends have not needed the reserve: the disk was not full.");
        Assert.Equal(TaskState.Succeeded, (await Store.Get(running[^1].Row.Id))!.State);

        FreeDisk();
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(Store.Health.MayGrow());
        Assert.Equal(reserved, database.ReserveBytes);
    }

    [Fact]
    public async Task Health_RetentionHasFreedPages_CountsTheseAsRoom()
    {
        var queue = await TestQueue.Take(Store, clock);
        var ended = Enumerable.Range(0, 40).Select(_ => queue.New(s => s with { Spec = new byte[100_000] }, r => r.Ended())).ToArray();
        foreach (var one in ended)
            await queue.Commit(one);
        // Otherwise the checkpointer may still copy the log into the database file, which then grows on the full disk.
        // While it does, SQLite refuses another checkpoint at once.
        using (var other = Connection.Open(Path.Combine(Disk, "tasks.db"), create: false, TimeSpan.FromSeconds(30)))
            Assert.True(SpinWait.SpinUntil(() => other.Checkpoint(CheckpointMode.Restart), TimeSpan.FromMinutes(1)));
        FillDisk(leave: 1_000_000);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(StoreHealth.LowSpace, Store.Health);

        Assert.Equal(40, (await Store.Prune(long.MaxValue, long.MaxValue, 100)).Length);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(StoreHealth.Healthy, Store.Health);
        await queue.Commit([.. Enumerable.Range(0, 10).Select(_ => queue.New(s => s with { Spec = new byte[10_000] }))]);
    }

    [Fact]
    public async Task Open_DiskIsFull_SaysSo()
    {
        var queue = await TestQueue.Take(Store, clock);
        await queue.Commit(queue.New());
        database.Dispose();
        FillDisk(leave: 0);

        var e = Assert.Throws<UnusableDatabaseException>(
            () => new SqliteDatabase(new SqliteStorageOptions { Directory = Disk }, clock));

        Assert.Contains("disk is full", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commit_SmallOneBesideOneThatDoesNotFit_Lands()
    {
        var (a, b) = (await TestQueue.Take(Store, clock, "a"), await TestQueue.Take(Store, clock, "b"));
        var running = b.New(row: r => r.Running());
        await b.Commit(running);
        FillDisk(leave: 1 << 20);
        var large = a.Plan([.. Enumerable.Range(0, 20).Select(_ => a.New(s => s with { Spec = new byte[100_000] }))]);
        var small = b.Plan([TestQueue.Change(running, r => r.Ended())]);
        Task<CommitResult>[] commits = [];
        database.Writer.Pause(() =>
        {
            _ = database.Write(_ => 0);
            commits = [Store.Commit(large), Store.Commit(small)];
        });
        Assert.Equal(CommitOutcome.Failed, (await commits[0]).Outcome);
        Assert.Equal(CommitOutcome.Committed, (await commits[1]).Outcome);
        Assert.Equal(TaskState.Succeeded, (await Store.Get(running.Row.Id))!.State);
    }

    [Fact]
    public async Task Health_BelowTheLowWaterMark_SaysSoWhileResultsAreWritten()
    {
        var queue = await TestQueue.Take(Store, clock);
        var running = Enumerable.Range(0, 40).Select(_ => queue.New(row: r => r.Running())).ToArray();
        await queue.Commit(running);
        Assert.Equal(StoreHealth.Healthy, Store.Health);
        FillDisk(leave: 1_400_000);
        Assert.Equal(StoreHealth.Healthy, Store.Health);
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(StoreHealth.LowSpace, Store.Health);

        var output = TestRows.Inline(new string('x', 10_000));
        await queue.Commit([.. running.Select(w => w.Row.Ended()).Select(
            row => new TaskWrite { Row = row, Result = TestRows.Result(row, output) })]);
        Assert.Equal(StoreHealth.LowSpace, Store.Health);
        FreeDisk();
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(StoreHealth.Healthy, Store.Health);
    }

    [Fact]
    public async Task Output_DiskIsFull_SaysSoAndGoesOnWhenThereIsRoom()
    {
        using var store = new FileOutputStore(Path.Combine(Disk, "output"), 4);
        var id = clock.Ids.Next();
        var piece = new byte[1 << 20];
        new Random(1).NextBytes(piece);
        await store.Append(id, 1, TestRows.TokenOf(1), OutputStream.Stdout, 0, piece);
        FillDisk(leave: 300_000);
        var e = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => store.Append(id, 1, TestRows.TokenOf(1), OutputStream.Stdout, piece.Length, piece));
        Assert.Contains("disk is full", e.Message, StringComparison.Ordinal);
        FreeDisk();
        await store.Append(id, 1, TestRows.TokenOf(1), OutputStream.Stdout, piece.Length, piece);
        var read = await store.Read(id, 1, TestRows.TokenOf(1), OutputStream.Stdout, 0, 3 << 20);
        Assert.Equal(2 << 20, read.Length);
        Assert.True(piece.AsSpan().SequenceEqual(read.Span[piece.Length..]),
            "The second piece is not what was written.");
    }
}
