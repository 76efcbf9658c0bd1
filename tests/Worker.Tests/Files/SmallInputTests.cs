using OrleansTasks.Processing.Files;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Tests.Files;

/// <summary>Small inputs that come with one call.</summary>
public sealed class SmallInputTests : IDisposable
{
    private const int Total = 4_500;

    // Blocks of 1,000 bytes end within files, between them, and beside empty ones.
    private static readonly int[] Sizes = [700, 300, 0, 1_500, 1, 999, 0, 1_000];

    private readonly string root = Directory.CreateTempSubdirectory("orleanstasks-").FullName;
    private readonly ManualTime time = new();
    private readonly FakePlane plane = new();
    private readonly (FileName Name, int Size)[] files;

    public SmallInputTests() => files = [.. Sizes.Select((size, i) => (plane.Add(FakePlane.Bytes(i + 1, size)), size))];

    private static CancellationToken Never => TestContext.Current.CancellationToken;

    private string Folder => Path.Combine(root, "cache");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task TakeTogether_AbsentFiles_ComeWithOneCallAndStay()
    {
        using var cache = Open();

        var taken = await cache.TakeTogetherAsync(files, plane.Fetcher(time), Never);

        // Two files are empty, and so the same.
        Assert.Equal(7, taken.Count(static file => file is not null));
        await AssertBytes(taken);
        Assert.Equal((1, 0), (plane.Batches, plane.Fetches));
        Assert.Equal(Total, cache.UsedBytes);
        Assert.Empty(Directory.EnumerateFileSystemEntries(cache.NewFolder));
        await AssertOnlyTheRestIsFetched(cache, taken);
    }

    [Fact]
    public async Task TakeTogether_SomeAreThere_FetchesTheOthers()
    {
        using var cache = Open();
        using var first = await cache.TakeAsync(files[0].Name, files[0].Size, plane.Fetcher(time), Never);
        using var fourth = await cache.TakeAsync(files[3].Name, files[3].Size, plane.Fetcher(time), Never);

        var taken = await cache.TakeTogetherAsync(files, plane.Fetcher(time), Never);

        Assert.Equal((null, null), (taken[0], taken[3]));
        await AssertBytes(taken);
        Assert.Equal(1, plane.Batches);
        await AssertOnlyTheRestIsFetched(cache, [first, .. taken[1..3], fourth, .. taken[4..]]);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("wrong")]
    [InlineData("short")]
    public async Task TakeTogether_SomethingIsWrongAtEachBlock_KeepsOnlyWholeFilesAndLeavesTheRest(string what)
    {
        for (var at = 0L; at < Total; at += FakePlane.Block)
        {
            using var cache = FileCache.Open(Path.Combine(root, $"{at}"), 1_000_000, time, "one");
            plane.BeforeBlock = (_, offset, _) => what == "cut" && offset == at ? throw new IOException("cut") : Task.CompletedTask;
            plane.Change = (offset, block) => (offset == at, what) switch
            {
                (true, "wrong") => [.. block.Select(static one => (byte)(one + 1))],
                (true, "short") => block[1..],
                _ => block,
            };

            var taken = await cache.TakeTogetherAsync(files, plane.Fetcher(time), Never);

            await AssertBytes(taken);
            Assert.Contains(null, taken.AsEnumerable());
            (plane.BeforeBlock, plane.Change) = (null, null);
            await AssertOnlyTheRestIsFetched(cache, taken);
        }
    }

    [Fact]
    public async Task TakeTogether_CancelledAtEveryBlock_GivesTheSpaceBack()
    {
        using var cache = Open();
        for (var at = 0L; at < Total; at += FakePlane.Block)
        {
            using var cancelled = new CancellationTokenSource();
            plane.BeforeBlock = (_, offset, cancellation) =>
            {
                if (offset == at)
                    cancelled.Cancel();
                cancellation.ThrowIfCancellationRequested();
                return Task.CompletedTask;
            };

            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => cache.TakeTogetherAsync(files, plane.Fetcher(time), cancelled.Token));
            cache.MakeRoom(long.MaxValue);

            Assert.Equal(0, cache.UsedBytes);
            // An empty file, which takes no room, may have come before.
            Assert.All(
                Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories), static file => Assert.Equal(0, new FileInfo(file).Length));
        }
    }

    [Fact]
    public async Task TakeTogether_AnotherWaitsForAFile_GetsItOrFetchesIt()
    {
        using var cache = Open();
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        plane.BeforeBlock = async (name, _, _) =>
        {
            // A call for one file has its name.
            if (name != default)
                return;
            reached.TrySetResult();
            await go.Task;
            throw new IOException("cut");
        };
        var together = cache.TakeTogetherAsync(files, plane.Fetcher(time), Never);
        await reached.Task;
        var waiting = cache.TakeAsync(files[5].Name, files[5].Size, plane.Fetcher(time), Never);
        Assert.False(waiting.IsCompleted);
        go.SetResult();

        Assert.All(await together, Assert.Null);
        using var file = await waiting;
        Assert.Equal(plane[files[5].Name], await File.ReadAllBytesAsync(file.Path, Never));
        Assert.Equal(files[5].Size, cache.UsedBytes);
    }

    private async Task AssertBytes(CachedFile?[] taken)
    {
        for (var i = 0; i < taken.Length; i++)
        {
            if (taken[i] is { } file)
                Assert.Equal(plane[files[i].Name], await File.ReadAllBytesAsync(file.Path, Never));
        }
    }

    // What was taken stays until it is released, and what is left can be fetched.
    private async Task AssertOnlyTheRestIsFetched(FileCache cache, CachedFile?[] taken)
    {
        var (before, rest) = (plane.Fetches, files.Select(static file => file.Name).ToHashSet());
        rest.ExceptWith(files.Where((_, i) => taken[i] is not null).Select(static file => file.Name));
        cache.MakeRoom(long.MaxValue);
        foreach (var (name, size) in files)
        {
            using var file = await cache.TakeAsync(name, size, plane.Fetcher(time), Never);
            Assert.Equal(plane[name], await File.ReadAllBytesAsync(file.Path, Never));
        }

        Assert.Equal(rest.Count, plane.Fetches - before);
        foreach (var file in taken)
            file?.Dispose();
        cache.MakeRoom(long.MaxValue);
        Assert.Equal(0, cache.UsedBytes);
    }

    private FileCache Open() => FileCache.Open(Folder, 1_000_000, time, "one");
}
