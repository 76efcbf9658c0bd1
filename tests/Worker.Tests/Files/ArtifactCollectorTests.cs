using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Tests.Files;

/// <summary>Artifacts in folders that hostile tasks have made.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class ArtifactCollectorTests : IDisposable
{
    private const long Large = 100_000_000;
    private const string Secret = "not a file of the task";
    private static readonly RunAsUser Nobody = new() { Name = "nobody", Uid = 65_534, Gid = 65_534, Groups = [65_534], Home = "/" };

    // In memory: some tests make a great many files.
    private readonly string root = Directory.CreateDirectory(
        Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"otask-artifacts-{Guid.NewGuid():N}")).FullName;

    public ArtifactCollectorTests()
    {
        Directory.CreateDirectory(Work);
        Directory.CreateDirectory(Copies);
        Directory.CreateDirectory(Outside);
        File.WriteAllText(Path.Combine(Outside, "secret"), Secret);
    }

    private string Work => Path.Combine(root, "work");

    private string Copies => Path.Combine(root, "copies");

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
    public void Collect_MatchingFiles_HaveTheirBytesNamesAndModes(bool stepByStep)
    {
        Write("out/a.txt", 10);
        Write("out/deep/b", 300_000);
        Write("out/empty", 0);
        Write("out/A.txt", 11);
        Write("other/c", 10);
        File.SetUnixFileMode(In("out/deep/b"), UnixFileMode.UserRead | UnixFileMode.UserExecute);

        using var artifacts = Collect(["out/**"], stepByStep: stepByStep);

        Assert.Equal(["out/A.txt", "out/a.txt", "out/deep/b", "out/empty"], artifacts.Files.Select(static file => file.Path));
        Assert.Equal(["out/deep/b"], artifacts.Files.Where(static file => file.IsExecutable).Select(static file => file.Path));
        Assert.Equal(300_021, artifacts.TotalBytes);
        AssertBytes(artifacts);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Copies));
    }

    [Fact]
    public void Collect_FilesWithTheSameBytes_ShareOneCopy()
    {
        foreach (var path in (string[])["a", "b", "c"])
            Write(path, 50_000);
        Write("d", 10);

        using var artifacts = Collect(["*"]);

        Assert.Equal(2, artifacts.Files.Select(static file => file.Offset).Distinct().Count());
        Assert.Equal(150_010, artifacts.TotalBytes);
        AssertBytes(artifacts);
    }

    [Fact]
    public void Collect_LinksInEveryPosition_AreNotFollowed()
    {
        Write("out/own", 5);
        File.CreateSymbolicLink(In("out/file"), Path.Combine(Outside, "secret"));
        File.CreateSymbolicLink(In("out/folder"), Outside);
        File.CreateSymbolicLink(In("out/up"), "../..");
        File.CreateSymbolicLink(In("out/loop"), "loop");
        File.CreateSymbolicLink(In("out/inner"), "own");
        File.CreateSymbolicLink(In("top"), Outside);

        using var artifacts = Collect(["**", "top/*"], isOptional: true);

        Assert.Equal(["out/own"], artifacts.Files.Select(static file => file.Path));
    }

    [Theory]
    [InlineData("out", "out/**", "No file matches the artifact pattern 'out/**'.")]
    [InlineData("a", "a", "No file that can be kept matches the artifact pattern 'a': 'a' is a symbolic link.")]
    public void Collect_OnlyALink_IsMissing(string link, string pattern, string message)
    {
        File.CreateSymbolicLink(In(link), Outside);

        Assert.Equal(new(ProcessEndReason.ArtifactMissing, message), Fault([pattern]));
    }

    [Fact]
    public void Collect_WorkingFolderIsALink_IsMissing()
    {
        Directory.Delete(Work);
        File.CreateSymbolicLink(Work, Outside);

        Assert.Equal(ProcessEndReason.ArtifactMissing, Fault(["*"]).Reason);
    }

    [Theory]
    [InlineData("d", true, false)]
    [InlineData("d", true, true)]
    [InlineData("d/secret", false, false)]
    [InlineData("d/secret", false, true)]
    public void Collect_LinkAppearsBetweenLookAndOpen_NothingOutsideIsRead(string swapped, bool isFolder, bool stepByStep)
    {
        Write("d/secret", 7);
        var link = In("link");
        File.CreateSymbolicLink(link, isFolder ? Outside : Path.Combine(Outside, "secret"));
        var isOver = false;
        var swapper = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
                FileSystemCalls.Exchange(In(swapped), link);
        });
        swapper.IsBackground = true;
        swapper.Start();
        int found = 0, refused = 0;
        for (var i = 0; i < 3_000 || ((found == 0 || refused == 0) && i < 300_000); i++)
        {
            using var artifacts = ArtifactCollector.Collect(
                Work, null, [Rule("d/*")], new(Large), Copies, Never, out var fault, stepByStep);
            foreach (var file in artifacts?.Files ?? [])
                Assert.Equal(7, file.Size);
            _ = fault is null ? found++ : refused++;
        }

        Volatile.Write(ref isOver, true);
        swapper.Join();
        Assert.True(found > 0 && refused > 0, $"It was found {found} times and missing {refused} times, so the places did not change in between.");
    }

    [Fact]
    public void Collect_PipesSocketsAndDevices_AreNotOpened()
    {
        Write("own", 5);
        FileSystemCalls.MakePipe(In("pipe"));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(In("socket")));
        var hasDevice = FileSystemCalls.TryMakeDevice(In("device"));

        using var artifacts = Collect(["*"]);

        Assert.Equal(["own"], artifacts.Files.Select(static file => file.Path));
        Assert.Contains("'pipe' is not a regular file", Fault(["pipe"]).Message, StringComparison.Ordinal);
        Assert.Contains("is not a regular file", Fault(["socket"]).Message, StringComparison.Ordinal);
        if (hasDevice)
            Assert.Contains("is not a regular file", Fault(["device"]).Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Collect_OtherFileSystems_AreNotEntered()
    {
        Write("own", 5);
        var mounted = Directory.CreateDirectory(In("m")).FullName;
        Assert.SkipUnless(FileSystemCalls.TryMount(mounted, "200k"), "mounting a tmpfs is not allowed here");
        try
        {
            File.WriteAllText(In("m/secret"), Secret);
            foreach (var stepByStep in (bool[])[false, true])
            {
                using var artifacts = Collect(["**"], stepByStep: stepByStep);
                Assert.Equal(["own"], artifacts.Files.Select(static file => file.Path));
            }
        }
        finally
        {
            FileSystemCalls.Unmount(mounted);
        }
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Collect_HardLinkToAFileOfAnother_IsNotKept()
    {
        Assert.SkipWhen(Libc.geteuid() != 0, "Only root gives files away.");
        Write("own", 5);
        File.SetUnixFileMode(Path.Combine(Outside, "secret"), (UnixFileMode)0x1A4); // 0644: the task may read it.
        FileSystemCalls.MakeHardLink(Path.Combine(Outside, "secret"), In("theirs"));
        FileSystemCalls.MakeHardLink(In("own"), In("twin"));
        FileSystemCalls.GiveTo(Nobody.Uid, Work, In("own"));
        File.SetUnixFileMode(root, (UnixFileMode)0x1ED);

        using var artifacts = Collect(["*"], user: Nobody);

        Assert.Equal(["own", "twin"], artifacts.Files.Select(static file => file.Path));
        Assert.Contains("'theirs' belongs to another user", Fault(["theirs"], user: Nobody).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(Outside, "again"), "the thread is root again");
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Collect_WithoutPermissions_SaysWhatCannotBeRead()
    {
        Assert.SkipWhen(Libc.geteuid() != 0, "Only root gives files away.");
        Write("d/a", 5);
        FileSystemCalls.GiveTo(Nobody.Uid, Work, In("d"), In("d/a"));
        File.SetUnixFileMode(root, (UnixFileMode)0x1ED);
        File.SetUnixFileMode(In("d/a"), UnixFileMode.None);

        Assert.Equal(new(ProcessEndReason.ArtifactMissing, "'d/a' cannot be read: Permission denied."), Fault(["d/a"], user: Nobody));
        File.SetUnixFileMode(In("d"), UnixFileMode.UserRead);
        Assert.Equal(new(ProcessEndReason.ArtifactMissing, "'d/a' cannot be read: Permission denied."), Fault(["d/*"], user: Nobody));
        File.SetUnixFileMode(In("d"), UnixFileMode.None);
        Assert.Equal(new(ProcessEndReason.ArtifactMissing, "The folder 'd' cannot be read: Permission denied."), Fault(["**"], user: Nobody));
        // It is not needed, so nobody asks for it.
        Assert.Equal("No file matches the artifact pattern 'e/*'.", Fault(["e/*"], user: Nobody).Message);
    }

    [Fact]
    public void Collect_NamesOf255BytesAndOddCharacters_AreKept()
    {
        string[] names = [new('n', 255), "\\", "*", "\n", "…", "‮", "..x", " ", "ü", new('ü', 127)];
        foreach (var name in names)
            Write(name, 3);

        using var artifacts = Collect(["*"]);

        Assert.Equal(names.Order(StringComparer.Ordinal), artifacts.Files.Select(static file => file.Path));
        AssertBytes(artifacts);
    }

    [Fact]
    public void Collect_NameThatIsNoUtf8_FailsOnlyIfItIsWanted()
    {
        Write("out/own", 5);
        FileSystemCalls.MakeFile(In("out"), [(byte)'x', 0xff]);

        Assert.Equal(
            new(ProcessEndReason.ArtifactMissing, "The name of 'out/x\ufffd' is not UTF-8, so it cannot be an artifact."), Fault(["out/*"]));
        using var artifacts = Collect(["out/own"]);
        Assert.Single(artifacts.Files);
    }

    [Theory]
    [InlineData(15)]
    [InlineData(200)]
    public void Collect_DeepFolders_AreKeptUpToTheLongestPathAndRefusedBeyond(int depth)
    {
        Write("own", 5);
        MakeDeep(depth, 255);

        if (depth == 15)
        {
            using var artifacts = Collect(["**"]);
            Assert.Equal(2, artifacts.Files.Count);
            AssertSize(artifacts.Files[0], (15 * 256) + 1);
        }
        else
            Assert.Contains("more than 4096 bytes", Fault(["**"]).Message, StringComparison.Ordinal);

        using var own = Collect(["own"]);
        Assert.Single(own.Files);
    }

    [Fact]
    public void Collect_PathOf4096Bytes_IsKept()
    {
        // 15 folders of 255 bytes and one of 253, each with a slash, and a name of 2 bytes.
        MakeDeep(15, 255, last: 253, file: "ff"u8);

        foreach (var stepByStep in (bool[])[false, true])
        {
            using var artifacts = Collect(["**"], stepByStep: stepByStep);
            AssertSize(Assert.Single(artifacts.Files), 4_096);
        }
    }

    [Fact]
    public void Collect_HundredThousandFiles_AreKeptAndOneMoreIsTooMuch()
    {
        for (var i = 0; i < 100_000; i++)
        {
            if (i % 1_000 == 0)
                Directory.CreateDirectory(In(Number(i / 1_000)));
            File.WriteAllText(In($"{i / 1_000}/{i}"), Number(i));
        }

        var began = Stopwatch.GetTimestamp();
        using (var artifacts = Collect(["**"]))
        {
            TestContext.Current.SendDiagnosticMessage($"100,000 artifacts: {Stopwatch.GetElapsedTime(began).TotalMilliseconds} ms");
            Assert.Equal(100_000, artifacts.Files.Count);
            Assert.Equal(100_000, artifacts.Files.Select(static file => file.Name).Distinct().Count());
        }

        Write("more", 1);
        Assert.Equal(new(ProcessEndReason.ArtifactTooLarge, "There are more than 100000 artifacts."), Fault(["**"]));
        Assert.Equal(ProcessEndReason.ArtifactTooLarge, Fault(["**"], new(Large) { Entries = 99 }).Reason);
    }

    [Theory]
    [InlineData(99, false)]
    [InlineData(100, true)]
    public void Collect_MoreBytesThanAllowed_IsTooLarge(int most, bool fits)
    {
        Write("a", 40);
        Write("b", 60);

        if (fits)
            Collect(["*"], limits: new(most)).Dispose();
        else
            Assert.Equal(ProcessEndReason.ArtifactTooLarge, Fault(["*"], new(most)).Reason);
    }

    [Fact]
    public void Collect_SparseFile_IsReadWithinTheLimitAndRefusedBeyondItWithoutReading()
    {
        using (var file = File.Create(In("holes")))
        {
            file.SetLength(50_000_000);
            file.Position = 20_000_000;
            file.WriteByte(1);
        }

        using (var artifacts = Collect(["*"]))
            AssertBytes(artifacts);
        using (var file = File.OpenWrite(In("holes")))
            file.SetLength(1L << 42);
        Assert.Equal(ProcessEndReason.ArtifactTooLarge, Fault(["*"]).Reason);
    }

    [Fact]
    public void Collect_FileThatGrowsAllTheTime_EndsAtTheLimit()
    {
        Write("log", 10);
        var isOver = false;
        var writer = new Thread(() =>
        {
            using var file = new FileStream(In("log"), FileMode.Append, FileAccess.Write, FileShare.ReadWrite, 0);
            var block = new byte[100_000];
            while (!Volatile.Read(ref isOver) && file.Length < 10 * Large)
                file.Write(block);
        });
        writer.IsBackground = true;
        writer.Start();
        // Small enough when it is opened, and larger than allowed before its end is read, or whole.
        using var artifacts = ArtifactCollector.Collect(Work, null, [Rule("*")], new(Large), Copies, Never, out var fault);
        Volatile.Write(ref isOver, true);
        writer.Join();

        if (artifacts is null)
            Assert.Equal(ProcessEndReason.ArtifactTooLarge, fault!.Reason);
        else
            AssertNames(artifacts);
    }

    [Fact]
    public void Collect_FilesThatChangeMeanwhile_KeepTheBytesThatWereHashed()
    {
        for (var i = 0; i < 20; i++)
            Write(Number(i), 400_000);
        var isOver = false;
        var writer = new Thread(() =>
        {
            var bytes = new byte[400_000];
            for (byte round = 0; !Volatile.Read(ref isOver); round++)
            {
                Array.Fill(bytes, round);
                for (var i = 0; i < 20; i++)
                    File.WriteAllBytes(In(Number(i)), bytes);
            }
        });
        writer.IsBackground = true;
        writer.Start();
        for (var tries = 0; tries < 20; tries++)
        {
            using var artifacts = Collect(["*"]);
            AssertNames(artifacts);
        }

        Volatile.Write(ref isOver, true);
        writer.Join();
    }

    [Fact]
    public void Collect_FilesComeAndGoMeanwhile_KeepsWhatItFinds()
    {
        Write("own", 5);
        var isOver = false;
        var writer = new Thread(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                Directory.CreateDirectory(In("t"));
                for (var i = 0; i < 20; i++)
                    File.WriteAllText(In($"t/{i}"), "x");
                Directory.Delete(In("t"), recursive: true);
            }
        });
        writer.IsBackground = true;
        writer.Start();
        for (var tries = 0; tries < 300; tries++)
        {
            using var artifacts = Collect(["**"]);
            Assert.Contains(artifacts.Files, static file => file.Path == "own");
        }

        Volatile.Write(ref isOver, true);
        writer.Join();
    }

    [Fact]
    public void Collect_OptionalPatternMatchesNothing_IsNoFault()
    {
        using var artifacts = Collect(["log/*"], isOptional: true);

        Assert.Empty(artifacts.Files);
    }

    [Fact]
    public void Collect_Cancelled_GivesTheSpaceBack()
    {
        Write("a", 1_000_000);
        var before = Descriptors();
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Assert.Throws<OperationCanceledException>(() => ArtifactCollector.Collect(Work, null, [Rule("*")], new(Large), Copies, cancelled.Token, out _));

        Assert.Equal(before, Descriptors());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Copies));
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Collect_NoSpaceForTheCopies_SaysSoAndGivesTheSpaceBack()
    {
        Assert.SkipUnless(FileSystemCalls.TryMount(Copies, "400k"), "mounting a tmpfs is not allowed here");
        try
        {
            Write("a", 1_000_000);
            var before = Descriptors();
            var fault = Fault(["*"]);
            Assert.Equal(before, Descriptors());
            Assert.Equal(ProcessEndReason.FileUnavailable, fault.Reason);
            Assert.Contains("No space left", fault.Message, StringComparison.Ordinal);
            Assert.StartsWith("The worker's disk has no room for copies of the artifacts: ", fault.Message, StringComparison.Ordinal);
            Write("b", 300_000);
            for (var tries = 0; tries < 3; tries++)
                Collect(["b"]).Dispose();
        }
        finally
        {
            FileSystemCalls.Unmount(Copies);
        }
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Collect_NoSpaceForTheCopies_TakesTheRoomThatIsMade()
    {
        Assert.SkipUnless(FileSystemCalls.TryMount(Copies, "400k"), "mounting a tmpfs is not allowed here");
        try
        {
            var spare = Path.Combine(Copies, "spare");
            File.WriteAllBytes(spare, new byte[300_000]);
            Write("a", 300_000);

            using var artifacts = ArtifactCollector.Collect(
                Work, null, [Rule("*")], new(Large), Copies, Never, out var fault, makeRoom: () => File.Delete(spare));

            Assert.Null(fault);
            Assert.Equal(300_000, artifacts!.TotalBytes);
        }
        finally
        {
            FileSystemCalls.Unmount(Copies);
        }
    }

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static ArtifactRule Rule(string pattern, bool isOptional = false) =>
        new(PathPattern.Parse(pattern, out _) ?? throw new ArgumentException(pattern), isOptional, OnEnded: false);

    private static void AssertSize(CollectedFile file, int pathBytes) => Assert.Equal(pathBytes, Encoding.UTF8.GetByteCount(file.Path));

    private static string[] Descriptors() =>
    [
        .. Directory.GetFiles("/proc/self/fd").Select(static path => new FileInfo(path).LinkTarget ?? "")
            .Where(static target => target.Contains("otask-artifacts", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal),
    ];

    private string In(string path) => Path.Combine(Work, path);

    private void Write(string path, int size)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(In(path))!);
        File.WriteAllBytes(In(path), FakePlane.Bytes(size, size));
    }

    /// <summary>Makes folders within each other, deeper than any path can name, and a file in the last one.</summary>
    private unsafe void MakeDeep(int depth, int length, int last = 0, ReadOnlySpan<byte> file = default)
    {
        var folder = Libc.open(Work, Libc.O_RDONLY | Libc.O_DIRECTORY);
        for (var i = 0; i < depth + (last > 0 ? 1 : 0); i++)
        {
            byte[] name = [.. Enumerable.Repeat((byte)'d', i == depth ? last : length), 0];
            fixed (byte* start = name)
            {
                Assert.Equal(0, Libc.mkdirat(folder, start, 0x1C0));
                var next = Libc.openat(folder, start, Libc.O_RDONLY | Libc.O_DIRECTORY, 0);
                _ = Libc.close(folder);
                folder = next;
            }
        }

        byte[] inner = [.. file.IsEmpty ? "f"u8 : file, 0];
        fixed (byte* start = inner)
            _ = Libc.close(Libc.openat(folder, start, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0x180));
        _ = Libc.close(folder);
    }

    private CollectedArtifacts Collect(
        string[] patterns, bool isOptional = false, RunAsUser? user = null, ArtifactLimits? limits = null, bool stepByStep = false)
    {
        var artifacts = ArtifactCollector.Collect(
            Work, user, [.. patterns.Select(pattern => Rule(pattern, isOptional))], limits ?? new(Large), Copies, Never, out var fault, stepByStep);
        Assert.Null(fault);
        return artifacts!;
    }

    private ArtifactFault Fault(string[] patterns, ArtifactLimits? limits = null, RunAsUser? user = null)
    {
        var artifacts = ArtifactCollector.Collect(
            Work, user, [.. patterns.Select(static pattern => Rule(pattern))], limits ?? new(Large), Copies, Never, out var fault);
        Assert.Null(artifacts);
        return fault!;
    }

    private void AssertBytes(CollectedArtifacts artifacts)
    {
        AssertNames(artifacts);
        foreach (var file in artifacts.Files)
            Assert.Equal(file.Name, FileName.Of(File.ReadAllBytes(In(file.Path))));
    }

    private static void AssertNames(CollectedArtifacts artifacts)
    {
        foreach (var file in artifacts.Files)
        {
            var bytes = new byte[file.Size];
            for (var at = 0; at < bytes.Length;)
            {
                var count = artifacts.Read(file, at, bytes.AsMemory(at));
                Assert.NotEqual(0, count);
                at += count;
            }

            Assert.Equal(0, artifacts.Read(file, file.Size, new byte[1]));
            Assert.Equal(file.Name, FileName.Of(bytes));
        }
    }
}
