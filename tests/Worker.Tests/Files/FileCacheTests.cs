using OrleansTasks.Processing.Files;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Tests.Files;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class FileCacheTests : IDisposable
{
    private const long Large = 1_000_000;
    private readonly string root = Directory.CreateTempSubdirectory("otask-cache-").FullName;
    private readonly ManualTime time = new();
    private readonly FakePlane plane = new();
    private static CancellationToken Never => TestContext.Current.CancellationToken;

    private string Folder => Path.Combine(root, "cache");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(FakePlane.Block)]
    [InlineData((7 * FakePlane.Block) + 3)]
    public async Task Take_AbsentFile_IsFetchedOnceAndHasItsBytes(int size)
    {
        using var cache = Open();
        var name = plane.Add(FakePlane.Bytes(size, size));

        for (var i = 0; i < 3; i++)
        {
            using var file = await Take(cache, name, size);
            Assert.Equal(plane[name], await File.ReadAllBytesAsync(file.Path, Never));
        }

        Assert.Equal(1, plane.Fetches);
        Assert.Equal(size, cache.UsedBytes);
        Assert.Empty(Directory.EnumerateFileSystemEntries(cache.NewFolder));
    }

    [Fact]
    public async Task Folder_IsTheWorkersAlone()
    {
        using var cache = Open();
        using var file = await Take(cache, plane.Add([1]), 1);

        const UnixFileMode Others = (UnixFileMode)0x3F; // 077
        Assert.Equal(default, File.GetUnixFileMode(Folder) & Others);
        Assert.Equal(default, File.GetUnixFileMode(file.Path) & (Others | UnixFileMode.UserExecute));
    }

    [Fact]
    public async Task Take_ManyAtOnce_FetchOnce()
    {
        using var cache = Open();
        var go = new TaskCompletionSource();
        plane.BeforeBlock = (_, _, _) => go.Task;
        var name = plane.Add(FakePlane.Bytes(1, 5_000));
        var taken = Enumerable.Range(0, 20).Select(_ => Take(cache, name, 5_000)).ToArray();
        go.SetResult();

        foreach (var file in await Task.WhenAll(taken))
            file.Dispose();

        Assert.Equal(1, plane.Fetches);
    }

    [Fact]
    public async Task Take_FirstOfTwoIsCancelled_SecondFetches()
    {
        using var cache = Open();
        var reached = new TaskCompletionSource();
        plane.BeforeBlock = async (_, offset, cancellation) =>
        {
            if (offset == 2 * FakePlane.Block && reached.TrySetResult())
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        };
        var name = plane.Add(FakePlane.Bytes(1, 5_000));
        using var cancelled = new CancellationTokenSource();
        var first = cache.TakeAsync(name, 5_000, plane.Fetcher(time), cancelled.Token);
        await reached.Task;
        var second = Take(cache, name, 5_000);
        cancelled.Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        using var file = await second;
        Assert.Equal(plane[name], await File.ReadAllBytesAsync(file.Path, Never));
        Assert.Equal(5_000, cache.UsedBytes);
    }

    [Fact]
    public async Task Take_CancelledAtEveryBlock_GivesTheSpaceBack()
    {
        using var cache = Open();
        var name = plane.Add(FakePlane.Bytes(1, 5_000));
        for (var at = 0L; at < 5_000; at += FakePlane.Block)
        {
            using var cancelled = new CancellationTokenSource();
            plane.BeforeBlock = (_, offset, cancellation) =>
            {
                if (offset == at)
                    cancelled.Cancel();
                cancellation.ThrowIfCancellationRequested();
                return Task.CompletedTask;
            };

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cache.TakeAsync(name, 5_000, plane.Fetcher(time), cancelled.Token));

            Assert.Equal(0, cache.UsedBytes);
            Assert.Empty(FilesIn(Folder));
        }
    }

    [Fact]
    public async Task Take_ConnectionBreaksAtEachBlock_GoesOnWhereItStopped()
    {
        using var cache = Open();
        var broken = new HashSet<long>();
        plane.BeforeBlock = (_, offset, _) => broken.Add(offset) && offset > 0 ? throw new IOException("cut") : Task.CompletedTask;
        var name = plane.Add(FakePlane.Bytes(1, 5_000));

        using var file = await Take(cache, name, 5_000);

        Assert.Equal(plane[name], await File.ReadAllBytesAsync(file.Path, Never));
        Assert.Equal([0, 1_000, 2_000, 3_000, 4_000], plane.Offsets);
    }

    [Fact]
    public async Task Take_NoByteForTooLong_Fails()
    {
        using var cache = Open();
        var waiting = new TaskCompletionSource();
        plane.BeforeBlock = async (_, offset, cancellation) =>
        {
            if (offset < 2_000)
                return;
            waiting.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        };
        var taken = Take(cache, plane.Add(FakePlane.Bytes(1, 5_000)), 5_000);
        await waiting.Task;
        time.Advance(TimeSpan.FromMinutes(2));

        var failure = await Assert.ThrowsAsync<FilePlaneException>(() => taken);
        Assert.Contains("arrived for 120 s", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, cache.UsedBytes);
        Assert.Empty(FilesIn(Folder));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(FileFetch.MostWrong - 1, true)]
    [InlineData(FileFetch.MostWrong, false)]
    public async Task Take_WrongBytes_AreNeverKept(int times, bool succeeds)
    {
        using var cache = Open();
        var left = times;
        plane.Change = (offset, block) =>
        {
            if (offset == 3_000 && left-- > 0)
                block[5] ^= 1;
            return block;
        };
        var name = plane.Add(FakePlane.Bytes(1, 5_000));

        if (succeeds)
        {
            using var file = await Take(cache, name, 5_000);
            Assert.Equal(name, FileName.Of(await File.ReadAllBytesAsync(file.Path, Never)));
            return;
        }

        var failure = await Assert.ThrowsAsync<FilePlaneException>(() => Take(cache, name, 5_000));
        Assert.Contains("another hash", failure.Message, StringComparison.Ordinal);
        Assert.Empty(FilesIn(Folder));
        Assert.Equal(0, cache.UsedBytes);
    }

    [Fact]
    public async Task Take_MoreBytesThanTheFileHas_Fails()
    {
        using var cache = Open();
        plane.Change = (offset, block) => offset == 4_000 ? [.. block, 0] : block;

        var failure = await Assert.ThrowsAsync<FilePlaneException>(() => Take(cache, plane.Add(FakePlane.Bytes(1, 5_000)), 5_000));

        Assert.Contains("more than the 5000 bytes", failure.Message, StringComparison.Ordinal);
        Assert.Empty(FilesIn(Folder));
    }

    [Fact]
    public async Task Take_FewerBytesThanTheFileHas_Fails()
    {
        using var cache = Open();

        var failure = await Assert.ThrowsAsync<FilePlaneException>(() => Take(cache, plane.Add(FakePlane.Bytes(1, 5_000)), 5_001));

        Assert.Contains("only 5000 of the 5001 bytes", failure.Message, StringComparison.Ordinal);
        Assert.Empty(FilesIn(Folder));
        Assert.Equal(0, cache.UsedBytes);
    }

    [Fact]
    public async Task Take_ServiceLacksTheFile_FailsAtOnceAndAnotherTryFetchesAgain()
    {
        using var cache = Open();
        var content = FakePlane.Bytes(1, 100);
        var name = FileName.Of(content);

        await Assert.ThrowsAsync<FilePlaneException>(() => Take(cache, name, 100));
        Assert.Equal(1, plane.Fetches);
        plane.Add(content);
        using var file = await Take(cache, name, 100);

        Assert.Equal(2, plane.Fetches);
    }

    [Fact]
    public async Task Take_FileWasRemovedByHand_IsFetchedAgain()
    {
        using var cache = Open();
        var name = plane.Add(FakePlane.Bytes(1, 100));
        using (var file = await Take(cache, name, 100))
            File.Delete(file.Path);

        using var again = await Take(cache, name, 100);

        Assert.True(File.Exists(again.Path));
        Assert.Equal((2, 100L), (plane.Fetches, cache.UsedBytes));
    }

    [Fact]
    public async Task Take_MoreThanFits_RemovesTheLeastRecentlyUsed()
    {
        using var cache = Open(capacity: 3_000);
        var names = Enumerable.Range(0, 3).Select(i => plane.Add(FakePlane.Bytes(i, 1_000))).ToArray();
        foreach (var name in names)
            (await Take(cache, name, 1_000)).Dispose();
        (await Take(cache, names[0], 1_000)).Dispose();

        (await Take(cache, plane.Add(FakePlane.Bytes(9, 1_000)), 1_000)).Dispose();

        Assert.Equal(3_000, cache.UsedBytes);
        (await Take(cache, names[0], 1_000)).Dispose();
        (await Take(cache, names[2], 1_000)).Dispose();
        Assert.Equal(4, plane.Fetches);
        (await Take(cache, names[1], 1_000)).Dispose();
        Assert.Equal(5, plane.Fetches);
    }

    [Fact]
    public async Task Take_MoreThanFitsAndAllInUse_KeepsThemUntilTheyAreReleased()
    {
        using var cache = Open(capacity: 1_500);
        var one = await Take(cache, plane.Add(FakePlane.Bytes(1, 1_000)), 1_000);
        var two = await Take(cache, plane.Add(FakePlane.Bytes(2, 2_000)), 2_000);

        Assert.True(File.Exists(one.Path) && File.Exists(two.Path));
        Assert.Equal(3_000, cache.UsedBytes);
        two.Dispose();
        two.Dispose();

        Assert.False(File.Exists(two.Path));
        Assert.True(File.Exists(one.Path));
        one.Dispose();
        Assert.Equal(1_000, cache.UsedBytes);
    }

    [Theory]
    [InlineData(true, true, 1)]
    [InlineData(true, false, 2)]
    [InlineData(false, true, 2)]
    public async Task Open_AfterAnEnd_TrustsFilesOnlyIfItWasClean(bool isClosed, bool sameMachineStart, int fetches)
    {
        var content = FakePlane.Bytes(1, 5_000);
        var name = plane.Add(content);
        var cache = Open();
        string path;
        using (var file = await Take(cache, name, 5_000))
            path = file.Path;
        if (isClosed)
            cache.Dispose();
        // As a machine that crashed leaves it: the size is right, the bytes are not.
        await File.WriteAllBytesAsync(path, new byte[5_000], Never);

        using var next = Open(machineStart: sameMachineStart ? "one" : "two");
        using (var again = await Take(next, name, 5_000))
            Assert.Equal(fetches == 1 ? new byte[5_000] : content, await File.ReadAllBytesAsync(again.Path, Never));

        Assert.Equal(fetches, plane.Fetches);
        Assert.Equal(5_000, next.UsedBytes);
    }

    [Fact]
    public async Task Open_AfterAnUncleanEnd_KeepsFilesThatAreWhole()
    {
        var name = plane.Add(FakePlane.Bytes(1, 5_000));
        (await Take(Open(), name, 5_000)).Dispose();

        using var next = Open();
        (await Take(next, name, 5_000)).Dispose();

        Assert.Equal(1, plane.Fetches);
    }

    [Fact]
    public async Task Open_WithWhatIsNoFileOfTheCache_RemovesIt()
    {
        var name = plane.Add(FakePlane.Bytes(1, 10));
        using (var cache = Open())
            (await Take(cache, name, 10)).Dispose();
        await File.WriteAllTextAsync(Path.Combine(Folder, "new", "5"), "half", Never);
        await File.WriteAllTextAsync(Path.Combine(Folder, "files", "stray"), "", Never);
        var kept = Path.Combine(root, "kept");
        await File.WriteAllTextAsync(kept, "", Never);
        File.CreateSymbolicLink(Path.Combine(Folder, "files", "ab"), kept);

        using var next = Open();

        Assert.Equal(10, next.UsedBytes);
        Assert.Single(FilesIn(Folder));
        Assert.True(File.Exists(kept));
    }

    [Fact]
    public async Task Open_WithLessRoom_RemovesTheLeastRecentlyUsed()
    {
        var names = Enumerable.Range(0, 3).Select(i => plane.Add(FakePlane.Bytes(i, 1_000))).ToArray();
        using (var cache = Open())
        {
            foreach (var name in names)
            {
                time.Advance(TimeSpan.FromMinutes(1));
                (await Take(cache, name, 1_000)).Dispose();
            }

            time.Advance(TimeSpan.FromMinutes(1));
            (await Take(cache, names[0], 1_000)).Dispose();
        }

        using var next = Open(capacity: 1_000);
        (await Take(next, names[0], 1_000)).Dispose();

        Assert.Equal(3, plane.Fetches);
        Assert.Equal(1_000, next.UsedBytes);
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Take_DiskIsFull_MakesRoomAndFailsOnlyIfThatIsNotEnough()
    {
        Directory.CreateDirectory(Folder);
        Assert.SkipUnless(FileSystemCalls.TryMount(Folder, "400k"), "mounting a tmpfs is not allowed here");
        try
        {
            using (var cache = Open())
            {
                (await Take(cache, plane.Add(FakePlane.Bytes(1, 200_000)), 200_000)).Dispose();
                (await Take(cache, plane.Add(FakePlane.Bytes(2, 300_000)), 300_000)).Dispose();
                Assert.Equal(300_000, cache.UsedBytes);

                var failure = await Assert.ThrowsAsync<FilePlaneException>(() => Take(cache, plane.Add(FakePlane.Bytes(3, 900_000)), 900_000));

                Assert.Contains("no room", failure.Message, StringComparison.Ordinal);
                Assert.Equal(0, cache.UsedBytes);
                Assert.Empty(FilesIn(Folder));
                (await Take(cache, plane.Add(FakePlane.Bytes(4, 300_000)), 300_000)).Dispose();
            }
        }
        finally
        {
            FileSystemCalls.Unmount(Folder);
        }
    }

    private static IEnumerable<string> FilesIn(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(static file => Path.GetFileName(file) != "clean");

    private FileCache Open(long capacity = Large, string machineStart = "one") => FileCache.Open(Folder, capacity, time, machineStart);

    private Task<CachedFile> Take(FileCache cache, FileName name, long size) => cache.TakeAsync(name, size, plane.Fetcher(time), Never);
}
