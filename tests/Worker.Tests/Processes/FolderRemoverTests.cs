using System.Globalization;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>Folders that tasks change while they are being removed.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class FolderRemoverTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int Files = 30_000;
    private const uint Nobody = 65_534;

    private readonly string root = Directory.CreateTempSubdirectory("otask-remover-").FullName;

    private string Work => Path.Combine(root, "attempt");

    private string Foreign => Path.Combine(root, "foreign");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Theory]
    [Trait("Needs", "root")]
    [InlineData(false)]
    [InlineData(true)]
    public void Remove_FolderIsMovedOutMeanwhile_TouchesNothingAroundItsNewPlace(bool asRootOfAnothersFolder)
    {
        Assert.SkipWhen(asRootOfAnothersFolder && Libc.geteuid() != 0, "Only root removes folders of others.");
        var foreign = Directory.CreateDirectory(Path.Combine(Foreign, "above")).FullName;
        File.WriteAllText(Path.Combine(Foreign, "kept"), "");
        File.WriteAllText(Path.Combine(foreign, "kept"), "");
        var mode = OwnerOnly | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(foreign, mode);
        var big = Fill(Path.Combine(Work, "1", "2", "big"), asRootOfAnothersFolder);
        if (asRootOfAnothersFolder) GiveAway(Work, Path.Combine(Work, "1"), Path.Combine(Work, "1", "2"));

        var mover = new Thread(() => MoveOnceRemovalIsInside(big, Path.Combine(foreign, "big")));
        mover.Start();
        var removed = FolderRemover.Remove(Work, out var error);
        mover.Join();

        Assert.True(Directory.Exists(Path.Combine(foreign, "big")), "The folder was removed before it was moved.");
        Assert.True(File.Exists(Path.Combine(Foreign, "kept")) && File.Exists(Path.Combine(foreign, "kept")));
        Assert.Equal(mode, File.GetUnixFileMode(foreign));
        Assert.True(removed, Libc.Describe(error));
        Assert.False(Directory.Exists(Work));
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Remove_ByRoot_HasTheRightsOfTheFoldersOwnerOnly()
    {
        Assert.SkipWhen(Libc.geteuid() != 0, "Only root removes folders of others.");
        Directory.CreateDirectory(Path.Combine(Work, "of-nobody", "of-root"));
        File.WriteAllText(Path.Combine(Work, "of-nobody", "of-root", "kept"), "");
        GiveAway(Work, Path.Combine(Work, "of-nobody"));

        Assert.False(FolderRemover.Remove(Work, out var error));

        Assert.Equal(Libc.EACCES, error);
        Assert.True(File.Exists(Path.Combine(Work, "of-nobody", "of-root", "kept")));
        // The thread is root again.
        File.WriteAllText(Path.Combine(Foreign + "-new"), "");
        Assert.True(File.Exists(Foreign + "-new"));
    }

    [Fact]
    [Trait("Needs", "root")]
    public void RemoveAsRoot_OthersHaveFilesInAnothersFolder_RemovesThemToo()
    {
        Assert.SkipWhen(Libc.geteuid() != 0, "Only root removes folders of others.");
        var folder = FillForSeveralUsers(Work, Nobody);
        Assert.False(FolderRemover.Remove(Work, out _));
        Assert.True(Directory.Exists(folder));

        Assert.True(FolderRemover.RemoveAsRoot(Work));

        Assert.False(Directory.Exists(Work));
    }

    [Fact]
    [Trait("Needs", "root")]
    public async Task Start_AFolderOfAContainersUsersIsLeft_IsRemoved_AndThatOfAnotherUserIsNot()
    {
        Assert.SkipWhen(Libc.geteuid() != 0, "Only root removes folders of others.");
        FillForSeveralUsers(Path.Combine(root, "attempt-1-1"), ContainerEngine.FirstUser);
        FillForSeveralUsers(Path.Combine(root, "attempt-1-2"), Nobody);

        var options = new ProcessHostOptions
        {
            WorkFolderRoot = root, SpawnThreads = 1, ContainerEngine = EngineChoice.None,
        };
        await using var host = new ProcessHost(options, TimeProvider.System);

        Assert.False(Directory.Exists(Path.Combine(root, "attempt-1-1")));
        Assert.True(Directory.Exists(Path.Combine(root, "attempt-1-2")));
    }

    [Theory]
    [Trait("Needs", "root")]
    [InlineData(false)]
    [InlineData(true)]
    public void Remove_FoldersWithoutPermissionsAndDeepOnes_AreRemoved(bool anothers)
    {
        Assert.SkipWhen(anothers && Libc.geteuid() != 0, "Only root removes folders of others.");
        var path = Work;
        List<string> folders = [path];
        for (var depth = 0; depth < 100; depth++)
            folders.Add(path = Path.Combine(path, "d"));
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "file"), "");
        if (anothers) GiveAway([.. folders]);
        foreach (var folder in Enumerable.Reverse(folders).Skip(1)) File.SetUnixFileMode(folder, UnixFileMode.None);

        Assert.True(FolderRemover.Remove(Work, out var error), Libc.Describe(error));

        Assert.False(Directory.Exists(Work));
    }

    [Fact]
    public void Remove_LinkInPlaceOfTheFolder_RemovesTheLinkOnly()
    {
        Directory.CreateDirectory(Foreign);
        File.WriteAllText(Path.Combine(Foreign, "kept"), "");
        File.CreateSymbolicLink(Work, Foreign);

        Assert.True(FolderRemover.Remove(Work, out _));

        Assert.False(Path.Exists(Work));
        Assert.True(File.Exists(Path.Combine(Foreign, "kept")));
    }

    private static string Fill(string folder, bool giveAway)
    {
        Directory.CreateDirectory(folder);
        for (var i = 0; i < Files; i++)
            File.Create(Path.Combine(folder, i.ToString(CultureInfo.InvariantCulture))).Dispose();
        if (giveAway) GiveAway(folder);
        return folder;
    }

    /// <summary>Makes a folder with another user's folder, in which there is a file. Returns the inner one.</summary>
    private static string FillForSeveralUsers(string folder, uint owner)
    {
        var inner = Directory.CreateDirectory(Path.Combine(folder, "of-another")).FullName;
        File.WriteAllText(Path.Combine(inner, "file"), "");
        Assert.Equal(0, Libc.chown(folder, owner, owner));
        Assert.Equal(0, Libc.chown(inner, owner + 1, owner + 1));
        return inner;
    }

    private static void GiveAway(params ReadOnlySpan<string> folders)
    {
        foreach (var folder in folders) Assert.Equal(0, Libc.chown(folder, Nobody, Nobody));
    }

    private static void MoveOnceRemovalIsInside(string from, string to)
    {
        var watched = Enumerable.Range(0, 256).Select(i => Path.Combine(from, (i * 100).ToString(CultureInfo.InvariantCulture))).ToArray();
        while (watched.All(File.Exists)) Thread.Yield();
        _ = Libc.rename(from, to);
    }
}
