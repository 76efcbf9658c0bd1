using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using OrleansTasks.Storage.Files;
using static OrleansTasks.Storage.Tests.TestRows;

namespace OrleansTasks.Storage.Tests.Files;

/// <summary>What becomes of output when the disk refuses to make it durable.</summary>
public sealed class OutputSyncTests : IDisposable
{
    private const int InputOutputError = 5;
    private static readonly TaskId Task1 = new(0x0190_0000_0000_7000, 0x8000_0000_0000_0001);
    private static readonly TaskId Task2 = new(0x0190_0000_0000_7000, 0x8000_0000_0000_0002);

    private readonly TempFolder folder = new();
    private readonly List<long> synced = [];
    private readonly List<string> syncedFolders = [];
    private readonly FileOutputStore store;
    private Action? duringSync;
    private long safe;
    private int failures;
    private int folderFailures;

    public OutputSyncTests() => store = Open();

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Sync_FailsOnce_WhatItDidNotCoverIsWrittenAgainAndSynced()
    {
        await Append(0, "kept ");
        await Sync(5);
        await Append(5, "lost ");
        await Append(10, "too");
        failures = 1;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Sync(13));

        Assert.Equal("kept ", await Read());
        await Append(5, "lost ");
        await Append(10, "too");
        await Sync(13);

        Assert.Equal("kept lost too", await Read());
        Assert.Equal([5, 13], synced);
    }

    [Fact]
    public async Task Sync_AfterAnotherOneFailed_FailsUntilTheBytesAreAppendedAgain()
    {
        await Append(0, "abc");
        failures = 1;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Sync(3));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => Sync(3));
        await Append(0, "ab");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Sync(3));
        Assert.Empty(synced);
        await Append(0, "abc");
        await Sync(3);

        Assert.Equal("abc", await Read());
        Assert.Equal([3], synced);
    }

    [Fact]
    public async Task Append_WhileASyncFails_IsNotTakenForStored()
    {
        await Append(0, "abc");
        duringSync = () => Assert.True(Append(3, "def").IsCompletedSuccessfully);
        failures = 1;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Sync(3));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => Sync(6));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Append(3, "def"));
        await Append(0, "abcdef");
        await Sync(6);

        Assert.Equal("abcdef", await Read());
    }

    [Fact]
    public async Task Append_WhileASyncSucceeds_IsCoveredByTheNextOneAlone()
    {
        await Append(0, "abc");
        duringSync = () => Assert.True(Append(3, "def").IsCompletedSuccessfully);
        await Sync(3);
        failures = 1;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Sync(6));

        Assert.Equal("abc", await Read());
    }

    [Fact]
    public async Task Sync_OfAFileAgain_SyncsTheFoldersOfTheFirstTimeNoMore()
    {
        await Append(0, "abc");
        await Sync(3);
        Assert.Equal([$"output/01/{Task1}", "output/01"], syncedFolders);
        await Append(3, "def");
        await Sync(6);

        Assert.Equal(2, syncedFolders.Count);
    }

    [Fact]
    public async Task Sync_WhoseFolderWasNotSynced_FailsAndSyncsItTheNextTime()
    {
        await Append(0, "abc");
        folderFailures = 1;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Sync(3));
        Assert.Empty(syncedFolders);

        await Sync(3);

        Assert.Equal([$"output/01/{Task1}", "output/01"], syncedFolders);
    }

    [Fact]
    public async Task Sync_OfAFileThatWasRemovedAndMadeAnew_SyncsItsFolders()
    {
        await Append(0, "abc");
        await Sync(3);
        await store.Delete(Task1);
        await Append(0, "def");
        await Sync(3);

        Assert.Equal(4, syncedFolders.Count);
    }

    [Fact]
    public async Task FileThatCannotBeCut_TakesNothingUntilItCan()
    {
        await Append(0, "abc");
        var path = Assert.Single(Directory.GetFiles(folder.Path, "*.out", SearchOption.AllDirectories));
        duringSync = () => File.Move(path, path + ".away");
        failures = 1;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Sync(3));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Append(0, "abc"));
        File.Move(path + ".away", path);

        await Append(0, "abc");
        await Sync(3);

        Assert.Equal("abc", await Read());
    }

    [Fact]
    public async Task FileThatMustMakeRoom_IsSyncedBeforeItIsClosed()
    {
        await Append(0, "abc");
        await Append(0, "another", Task2);
        Assert.Equal(1, store.OpenFiles);
        Assert.Equal([3], synced);
        failures = 1;
        await Append(3, "def");

        await Assert.ThrowsAsync<StoreUnavailableException>(() => store.Sync(Task2, 1, TokenOf(1), 7, 0));
    }

    [Fact]
    public async Task Append_ToWhatAnEarlierProcessLeft_GoesOnWhereTheSenderDoes()
    {
        await Append(0, "stored, ");
        await Append(8, "and what no sync has covered");
        var path = Assert.Single(Directory.GetFiles(folder.Path, "*.out", SearchOption.AllDirectories));
        Lose(path, from: 8);
        using var next = Open();

        await next.Append(Task1, 1, TokenOf(1), OutputStream.Stdout, 8, Bytes("and what no "));
        await next.Append(Task1, 1, TokenOf(1), OutputStream.Stdout, 20, Bytes("sync has covered"));
        await next.Sync(Task1, 1, TokenOf(1), 36, 0);

        Assert.Equal("stored, and what no sync has covered", await Read());
    }

    [Fact]
    public async Task Append_OfAnOldPieceToAFileThatWasClosed_CutsNothing()
    {
        await Append(0, "abcdef");
        await Sync(6);
        await Append(0, "another", Task2);
        Assert.Equal(1, store.OpenFiles);

        await Append(0, "ab");

        Assert.Equal("abcdef", await Read());
    }

    private Task Append(long offset, string text, TaskId? task = null) =>
        store.Append(task ?? Task1, 1, TokenOf(1), OutputStream.Stdout, offset, Bytes(text));

    private Task Sync(long end) => store.Sync(Task1, 1, TokenOf(1), end, 0);

    private async Task<string> Read() => Text(await store.Read(Task1, 1, TokenOf(1), OutputStream.Stdout, 0, 1000));

    private FileOutputStore Open() => new(folder.File("output"), openFiles: 1, Flush, SyncFolder);

    private void SyncFolder(string path)
    {
        if (folderFailures > 0)
        {
            folderFailures--;
            throw new IOException("Input/output error", InputOutputError);
        }

        syncedFolders.Add(Path.GetRelativePath(folder.Path, path));
    }

    // A disk that has what a sync covered; when one fails, the rest is gone, as it is once its pages have left memory.
    private void Flush(SafeHandle handle)
    {
        var file = (SafeFileHandle)handle;
        var length = RandomAccess.GetLength(file);
        duringSync?.Invoke();
        duringSync = null;
        if (failures > 0)
        {
            failures--;
            RandomAccess.Write(file, new byte[RandomAccess.GetLength(file) - safe], safe);
            throw new IOException("Input/output error", InputOutputError);
        }

        safe = length;
        synced.Add(length);
    }

    private static void Lose(string path, long from)
    {
        using var file = File.OpenHandle(path, access: FileAccess.Write, share: FileShare.ReadWrite);
        RandomAccess.Write(file, new byte[RandomAccess.GetLength(file) - from], from);
    }
}
