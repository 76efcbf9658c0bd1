using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Storage.Tests.Files;

/// <summary>What a folder of files has after the disk refused a step, or the process was killed before it.</summary>
public sealed class FolderFileStoreTests : IDisposable
{
    private const int NoSpace = 28, InputOutputError = 5;
    private readonly TempFolder folder = new();
    private readonly List<FolderStep> steps = [];
    private Func<FolderStep, int, Exception?> fault = static (_, _) => null;

    private string Root => folder.File("files");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(FolderStep.Create)]
    [InlineData(FolderStep.Write)]
    [InlineData(FolderStep.Sync)]
    [InlineData(FolderStep.Rename)]
    [InlineData(FolderStep.SyncFolder)]
    public async Task Publish_WithAFullDiskAtAnyStep_LeavesNoPartAndGivesTheSpaceBack(object step)
    {
        var content = new byte[300_000];
        new Random(1).NextBytes(content);
        fault = (at, _) => at == (FolderStep)step ? new IOException("No space left on device", NoSpace) : null;

        await Assert.ThrowsAsync<FileStoreFullException>(() => Put(Open(), content));

        Assert.Contains((FolderStep)step, steps);
        Assert.Empty(Arriving());
        fault = static (_, _) => null;
        // The file is there as a whole, or not at all.
        if (await Open().Length(FileName.Of(content)) is { } length)
            Assert.Equal(content.Length, length);
        await Put(Open(), content);
        Assert.Equal(content, await File.ReadAllBytesAsync(Assert.Single(Stored())));
    }

    [Theory]
    [InlineData(FolderStep.Create)]
    [InlineData(FolderStep.Write)]
    [InlineData(FolderStep.Sync)]
    [InlineData(FolderStep.Rename)]
    [InlineData(FolderStep.SyncFolder)]
    public async Task Publish_OfManyWithAFullDiskAtAnyStep_LeavesWholeFilesOnly(object step)
    {
        var contents = Enumerable.Range(0, 40).Select(static n => new byte[n + 1]).ToArray();
        var store = Open();
        fault = (at, count) => at == (FolderStep)step && count % 7 == 0 || at == (FolderStep)step && at >= FolderStep.Sync
            ? new IOException("No space left on device", NoSpace) : null;
        var uploads = new List<IFileUpload>();
        foreach (var content in contents)
        {
            uploads.Add(store.Begin());
            await uploads[^1].Write(content);
        }

        await Assert.ThrowsAsync<FileStoreFullException>(() => store.Publish(uploads));
        foreach (var upload in uploads)
            await upload.DisposeAsync();

        Assert.Empty(Arriving());
        Assert.All(Stored(), static file => Assert.True(File.ReadAllBytes(file).AsSpan().IndexOfAnyExcept((byte)0) < 0));
        Assert.Subset(contents.Select(static content => content.Length).ToHashSet(), Stored().Select(static file => (int)new FileInfo(file).Length).ToHashSet());
    }

    [Fact]
    public async Task Publish_WithADiskThatFails_IsUnavailable()
    {
        fault = static (at, _) => at == FolderStep.Sync ? new IOException("Input/output error", InputOutputError) : null;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Put(Open(), new byte[10]));
        Assert.Empty(Stored());
    }

    [Fact]
    public async Task Publish_FlushesTheBytesBeforeTheyAreVisible_AndTheFolderBeforeItReturns()
    {
        fault = (at, _) =>
        {
            // Nothing is visible before everything is flushed.
            if (at is FolderStep.Sync or FolderStep.Rename)
                Assert.Empty(Stored());
            return null;
        };
        await Put(Open(), new byte[10]);

        Assert.Equal(
            [FolderStep.Create, FolderStep.Write, FolderStep.Sync, FolderStep.SyncFolder, FolderStep.SyncFolder, FolderStep.Rename, FolderStep.SyncFolder],
            steps);
    }

    // A killed process stops before a step, and its upload is never disposed.
    [Theory]
    [InlineData(FolderStep.Write)]
    [InlineData(FolderStep.Sync)]
    [InlineData(FolderStep.Rename)]
    [InlineData(FolderStep.SyncFolder)]
    public async Task Kill_BeforeAnyStep_LeavesAWholeFileOrNone(object step)
    {
        var content = new byte[100_000];
        new Random(2).NextBytes(content);
        var killed = Open();
        var upload = killed.Begin();
        fault = (at, _) => at == (FolderStep)step ? new OperationCanceledException("killed") : null;
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await upload.Write(content);
            await killed.Publish([upload]);
        });
        fault = static (_, _) => null;

        var store = Open();
        await store.DiscardLeft(TimeSpan.Zero);

        Assert.Empty(Arriving());
        foreach (var file in Stored())
            Assert.Equal(content, await File.ReadAllBytesAsync(file));
        await Put(store, content);
        Assert.Equal(content, await File.ReadAllBytesAsync(Assert.Single(Stored())));
    }

    [Fact]
    public async Task DiscardLeft_SparesWhatIsYoungAndOnesOwn()
    {
        await using var own = Open().Begin();
        var store = Open();
        await using var other = store.Begin();
        await own.Write(new byte[100_000]);
        await other.Write(new byte[100_000]);

        Assert.Equal(0, await store.DiscardLeft(TimeSpan.FromHours(1)));
        Assert.Equal(1, await store.DiscardLeft(TimeSpan.FromSeconds(-1)));
        Assert.Single(Arriving());
    }

    private FolderFileStore Open()
    {
        steps.Clear();
        return new FolderFileStore(Root, 0, TimeProvider.System, step =>
        {
            lock (steps)
                steps.Add(step);
            if (fault(step, steps.Count) is { } thrown)
                throw thrown;
        });
    }

    private static async Task Put(FolderFileStore store, byte[] content)
    {
        await using var upload = store.Begin();
        await upload.Write(content);
        await store.Publish([upload]);
    }

    private string[] Arriving() => Files("arriving");

    private string[] Stored() => [.. Files("").Where(static file => !file.Contains("/arriving/", StringComparison.Ordinal))];

    private string[] Files(string below) => Directory.Exists(Path.Combine(Root, below))
        ? Directory.GetFiles(Path.Combine(Root, below), "*", SearchOption.AllDirectories)
        : [];
}
