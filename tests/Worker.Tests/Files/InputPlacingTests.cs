using System.Diagnostics;
using System.Globalization;
using OrleansTasks.Processing.Files;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Tests.Files;

/// <summary>Inputs in working folders that another task of the same user may change at the same time.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class InputPlacingTests : IDisposable
{
    private const UnixFileMode OwnersFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // In memory: some tests make a great many files.
    private readonly string root = Directory.CreateDirectory(
        Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"otask-inputs-{Guid.NewGuid():N}")).FullName;

    private static readonly RunAsUser Nobody = new() { Name = "nobody", Uid = 65_534, Gid = 65_534, Groups = [65_534], Home = "/" };

    public InputPlacingTests()
    {
        Directory.CreateDirectory(Work);
        Directory.CreateDirectory(Outside);
        File.WriteAllText(Path.Combine(Outside, "kept"), "kept");
        File.SetUnixFileMode(root, (UnixFileMode)0x1ED); // 0755
    }

    private string Work => Path.Combine(root, "work");

    private string Outside => Path.Combine(root, "outside");

    private static CancellationToken Never => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        // Some tests make paths that are too long for .NET.
        Assert.True(FolderRemover.Remove(Work, out var error), Libc.Describe(error));
        Directory.Delete(root, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Put_FilesInFolders_AreThereWithTheirBytesAndModes(bool stepByStep)
    {
        var long255 = new string('n', 255);
        (string Path, bool IsExecutable)[] files =
            [("a", false), ("lib/b.sh", true), ("lib/deep/er/c", false), (long255, false), ("lib/A", false), ("lib/a", false), ("..x/…/\\", true), ("ü/\n", false)];

        Assert.Null(Put([.. files.Select((file, i) => Input(file.Path, i * 1_000, file.IsExecutable))], stepByStep: stepByStep));

        for (var i = 0; i < files.Length; i++)
        {
            var path = Path.Combine(Work, files[i].Path);
            Assert.Equal(FakePlane.Bytes(i * 1_000, i * 1_000), File.ReadAllBytes(path));
            Assert.Equal(files[i].IsExecutable ? OwnersFile | UnixFileMode.UserExecute : OwnersFile, File.GetUnixFileMode(path));
        }

        Assert.Equal(OwnersFile | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(Work, "lib/deep")));
    }

    [Theory]
    [InlineData(4_095)]
    [InlineData(4_096)]
    public void Put_PathAsLongAsAllowed_IsThere(int length)
    {
        var path = string.Concat(Enumerable.Repeat(new string('d', 255) + "/", 15)) + new string('d', 253) + "/";
        path += new string('f', length - path.Length);

        Assert.Null(Put([Input(path, 10)]));

        using var folder = BeneathFolder.Open(Work, out _);
        var opened = folder!.Open([.. System.Text.Encoding.UTF8.GetBytes(path), 0], Libc.O_RDONLY);
        Assert.True(opened >= 0, Libc.Describe(Libc.LastError));
        _ = Libc.close(opened);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/etc/x")]
    [InlineData("../outside/x")]
    [InlineData("a/../../outside/x")]
    [InlineData("a//b")]
    [InlineData("./a")]
    [InlineData("a/")]
    [InlineData("a\0b")]
    [InlineData("a/half", '\ud800')]
    public void Put_PathThatMayLeaveTheFolder_IsRefused(string path, char? end = null)
    {
        Assert.Contains("its path", Put([Input(path + end, 1)]), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Work));
    }

    [Theory]
    [InlineData("link", "link/x", false)]
    [InlineData("link", "link/x", true)]
    [InlineData("link", "link/deep/x", false)]
    [InlineData("link", "link/deep/x", true)]
    [InlineData("link", "link", false)]
    [InlineData("link", "link", true)]
    [InlineData("a/link", "a/link/x", false)]
    [InlineData("a/link", "a/link/x", true)]
    public void Put_LinkOnTheWay_IsNotFollowed(string link, string path, bool stepByStep)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(Work, link))!);
        File.CreateSymbolicLink(Path.Combine(Work, link), path == link ? Path.Combine(Outside, "new") : Outside);

        Assert.NotNull(Put([Input(path, 10)], stepByStep: stepByStep));

        Assert.Equal([Path.Combine(Outside, "kept")], Directory.EnumerateFileSystemEntries(Outside));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Put_FolderAndLinkChangePlacesAllTheTime_NothingArrivesOutside(bool stepByStep)
    {
        var (inside, link) = (Path.Combine(Work, "d"), Path.Combine(Work, "other"));
        Directory.CreateDirectory(Path.Combine(inside, "e"));
        Directory.CreateDirectory(Path.Combine(Outside, "e"));
        File.CreateSymbolicLink(link, Outside);
        var isOver = false;
        var swapper = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
                FileSystemCalls.Exchange(inside, link);
        });
        swapper.IsBackground = true;
        swapper.Start();
        int put = 0, refused = 0;
        for (var i = 0; i < 3_000 || ((put == 0 || refused == 0) && i < 300_000); i++)
            _ = Put([Input($"d/e/{i}", 1)], stepByStep: stepByStep) is null ? put++ : refused++;
        Volatile.Write(ref isOver, true);
        swapper.Join();

        Assert.Equal(
            [Path.Combine(Outside, "e"), Path.Combine(Outside, "kept")],
            Directory.EnumerateFileSystemEntries(Outside, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal));
        Assert.True(put > 0 && refused > 0, $"{put} files were put and {refused} refused, so the places did not change in between.");
    }

    [Fact]
    public void Put_SomethingHasThePath_IsRefusedAndUnchanged()
    {
        File.WriteAllText(Path.Combine(Work, "a"), "old");

        Assert.Contains("something else has this path", Put([Input("a", 1)]), StringComparison.Ordinal);
        Assert.Contains("is not a folder", Put([Input("a/b", 1)]), StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(Path.Combine(Work, "a")));
    }

    [Fact]
    public void Put_CachedFileIsShorter_IsRefused()
    {
        var (input, source) = Input("a", 10);
        File.WriteAllText(source, "short");

        Assert.Contains("has 5 bytes, not 10", Put([(input, source)]), StringComparison.Ordinal);
    }

    [Fact]
    public void Put_Cancelled_StopsBeforeTheNextFile()
    {
        using var cancelled = new CancellationTokenSource();
        IEnumerable<(WorkerInput, string)> Inputs()
        {
            yield return Input("a", 1);
            cancelled.Cancel();
            yield return Input("b", 1);
        }

        Assert.Throws<OperationCanceledException>(() => InputPlacing.Put(Work, null, Inputs(), cancelled.Token));
        Assert.Equal([Path.Combine(Work, "a")], Directory.EnumerateFileSystemEntries(Work));
    }

    [Fact]
    public void Put_TenThousandFiles_TakesNoDescriptorEach()
    {
        var (input, source) = Input("x", 4_096);
        var before = Directory.GetFiles("/proc/self/fd").Length;
        var began = Stopwatch.GetTimestamp();

        Assert.Null(Put([.. Enumerable.Range(0, 10_000).Select(i => (input with { Path = $"{i % 100}/{i}" }, source))]));

        TestContext.Current.SendDiagnosticMessage($"10,000 inputs: {Stopwatch.GetElapsedTime(began).TotalMilliseconds} ms");
        Assert.InRange(Directory.GetFiles("/proc/self/fd").Length, 0, before + 20);
        Assert.Equal(10_000, Directory.EnumerateFiles(Work, "*", SearchOption.AllDirectories).Count());
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Put_ForAnotherUser_BelongsToItAndUsesItsRightsAlone()
    {
        Assert.SkipWhen(Libc.geteuid() != 0, "Only root gives files away.");
        FileSystemCalls.GiveTo(Nobody.Uid, Work);
        Directory.CreateDirectory(Path.Combine(Work, "roots"));
        // The cache is readable by root alone.
        var input = Input("lib/a", 100);

        Assert.Null(Put([input], Nobody));
        Assert.Contains("Permission denied", Put([Input("roots/a", 1)], Nobody), StringComparison.Ordinal);

        Assert.Equal(["lib", "lib/a"], OwnedBy(Nobody.Uid));
        // The thread is root again.
        File.WriteAllText(Path.Combine(Outside, "again"), "");
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Put_DiskIsFull_SaysSo()
    {
        Assert.SkipUnless(FileSystemCalls.TryMount(Work, "200k"), "mounting a tmpfs is not allowed here");
        try
        {
            Assert.Contains("No space left", Put([Input("a", 100_000), Input("b", 500_000)]), StringComparison.Ordinal);
        }
        finally
        {
            FileSystemCalls.Unmount(Work);
        }
    }

    [Theory]
    [Trait("Needs", "root")]
    [InlineData("200k", 50_000)]
    [InlineData("200k", 150_000)]
    [InlineData("200k,nr_inodes=3", 10)]
    public void Put_DiskIsFull_TakesTheRoomThatIsMade(string disk, int size)
    {
        Assert.SkipUnless(FileSystemCalls.TryMount(Work, disk), "mounting a tmpfs is not allowed here");
        try
        {
            string[] spare = [Path.Combine(Work, "one"), Path.Combine(Work, "other")];
            Array.ForEach(spare, static path => File.WriteAllBytes(path, new byte[90_000]));
            var calls = 0;

            Assert.Null(InputPlacing.Put(Work, null, [Input("lib/a", size)], Never, makeRoom: () =>
            {
                calls++;
                Array.ForEach(spare, File.Delete);
            }));

            Assert.Equal(1, calls);
            Assert.Equal(FakePlane.Bytes(size, size), File.ReadAllBytes(Path.Combine(Work, "lib/a")));
        }
        finally
        {
            FileSystemCalls.Unmount(Work);
        }
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Put_DiskIsStillFullAfterRoomWasMade_SaysSo()
    {
        Assert.SkipUnless(FileSystemCalls.TryMount(Work, "200k"), "mounting a tmpfs is not allowed here");
        try
        {
            var calls = 0;

            var fault = InputPlacing.Put(Work, null, [Input("a", 500_000)], Never, makeRoom: () => calls++);

            Assert.Contains("No space left", fault, StringComparison.Ordinal);
            Assert.Equal(1, calls);
        }
        finally
        {
            FileSystemCalls.Unmount(Work);
        }
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Put_OtherFileSystemInTheFolder_IsNotEntered()
    {
        var mounted = Directory.CreateDirectory(Path.Combine(Work, "m")).FullName;
        Assert.SkipUnless(FileSystemCalls.TryMount(mounted, "200k"), "mounting a tmpfs is not allowed here");
        try
        {
            Assert.NotNull(Put([Input("m/a", 1)]));
            Assert.NotNull(Put([Input("m/b", 1)], stepByStep: true));
            Assert.Empty(Directory.EnumerateFileSystemEntries(mounted));
        }
        finally
        {
            FileSystemCalls.Unmount(mounted);
        }
    }

    private IEnumerable<string> OwnedBy(uint user)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(Work, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var opened = Libc.open(path, Libc.O_PATH);
            Assert.True(FolderIdentity.TryRead(opened, out var identity));
            _ = Libc.close(opened);
            if (identity.Owner == user)
                yield return Path.GetRelativePath(Work, path);
        }
    }

    private (WorkerInput Input, string Source) Input(string path, int size, bool isExecutable = false)
    {
        var bytes = FakePlane.Bytes(size, size);
        var name = FileName.Of(bytes);
        var source = Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"cached-{size}"));
        if (!File.Exists(source))
        {
            File.WriteAllBytes(source, bytes);
            File.SetUnixFileMode(source, OwnersFile);
        }

        return (new(path, name, size, isExecutable), source);
    }

    private string? Put((WorkerInput, string)[] inputs, RunAsUser? user = null, bool stepByStep = false) =>
        InputPlacing.Put(Work, user, inputs, Never, stepByStep);
}
