using OrleansTasks.Storage.Files;
using static OrleansTasks.Storage.Tests.TestRows;

namespace OrleansTasks.Storage.Tests.Files;

public sealed class FileOutputStoreTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static TaskId Id(int n) => new(0x0190_0000_0000_7000, 0x8000_0000_0000_0000 + (ulong)n);

    private FileOutputStore Open(int openFiles = 4) => new(folder.File("output"), openFiles);

    [Fact]
    public async Task Append_FilesAreSpreadByTheLastDigitsAndNamedByAttemptAndToken()
    {
        using var store = Open();
        await store.Append(Id(0xab), 3, TokenOf(3), OutputStream.Stderr, 0, Bytes("x"));
        Assert.True(File.Exists(folder.File($"output/ab/{Id(0xab)}/3-{TokenOf(3)}.err")));
    }

    [Fact]
    public async Task OpenFiles_ManyStreams_StayBounded()
    {
        using var store = Open(openFiles: 4);
        for (var round = 0; round < 3; round++)
        {
            for (var n = 0; n < 20; n++)
            {
                await store.Append(Id(n), 1, TokenOf(1), OutputStream.Stdout, round * 3, Bytes("abc"));
                Assert.InRange(store.OpenFiles, 1, 4);
            }
        }

        for (var n = 0; n < 20; n++)
            Assert.Equal("abcabcabc", Text(await store.Read(Id(n), 1, TokenOf(1), OutputStream.Stdout, 0, 100)));
    }

    [Fact]
    public async Task Append_AfterReopening_GoesOnWhereItEnded()
    {
        using (var store = Open())
            await store.Append(Id(1), 1, TokenOf(1), OutputStream.Stdout, 0, Bytes("abc"));
        using var again = Open();
        await again.Append(Id(1), 1, TokenOf(1), OutputStream.Stdout, 2, Bytes("cd"));
        await again.Sync(Id(1), 1, TokenOf(1));
        Assert.Equal("abcd", Text(await again.Read(Id(1), 1, TokenOf(1), OutputStream.Stdout, 0, 100)));
    }

    [Fact]
    public async Task Append_ManyWritersAtOnce_KeepEachStreamWhole()
    {
        using var store = Open(openFiles: 3);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
                await store.Append(Id(n), 1, TokenOf(1), OutputStream.Stdout, i, Bytes($"{n}"));
        })));
        for (var n = 0; n < 8; n++)
            Assert.Equal(new string((char)('0' + n), 200), Text(
                await store.Read(Id(n), 1, TokenOf(1), OutputStream.Stdout, 0, 999)));
    }

    [Fact]
    public async Task Delete_OfTheLastAttempt_RemovesTheFolder()
    {
        using var store = Open();
        foreach (var stream in Enum.GetValues<OutputStream>())
            await store.Append(Id(1), 1, TokenOf(1), stream, 0, Bytes("abc"));
        await store.Delete(Id(1), 1, TokenOf(1));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.File("output/01")));
        Assert.Equal(0, store.OpenFiles);
    }

    [Fact]
    public async Task Append_WhereNoFolderCanBeMade_SaysThatTheDiskRefused()
    {
        File.WriteAllText(folder.File("output"), "a file where the folder should be");
        using var store = Open();
        var e = await Assert.ThrowsAsync<StoreUnavailableException>(
            () => store.Append(Id(1), 1, TokenOf(1), OutputStream.Stdout, 0, Bytes("abc")));
        Assert.DoesNotContain(folder.Path, e.Message, StringComparison.Ordinal);
    }
}
