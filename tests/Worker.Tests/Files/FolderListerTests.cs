using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Tests.Files;

/// <summary>Which files of a folder a schedule is told of: regular ones with a matching name, by the rights of the tasks' user.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class FolderListerTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("otask-folder-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void List_NamesRegularFilesThatMatch_WithSizeAndTime()
    {
        File.WriteAllText(In("a.csv"), "12345");
        File.SetLastWriteTimeUtc(In("a.csv"), DateTime.UnixEpoch.AddSeconds(7).AddTicks(3));
        File.WriteAllText(In("B.csv"), "");
        File.WriteAllText(In("c.txt"), "");
        File.WriteAllText(In(".d.csv"), "");
        Directory.CreateDirectory(In("e.csv"));
        File.CreateSymbolicLink(In("f.csv"), In("a.csv"));
        using (var made = System.Diagnostics.Process.Start("mkfifo", In("g.csv")))
            made.WaitForExit();

        var listing = new FolderLister(null, []).List(folder, "*.csv", 10);

        Assert.Equal(["B.csv", "a.csv"], listing.Files.Select(static file => file.Name));
        Assert.Equal((5L, 7_000_000_300L), (listing.Files[1].Size, listing.Files[1].ModifiedAt));
        Assert.Equal((false, ""), (listing.More, listing.Fault));
    }

    [Fact]
    public void List_OfMoreFilesThanAsked_HasTheFirstByName_AndSaysSo()
    {
        foreach (var i in Enumerable.Range(0, 50).Reverse())
            File.WriteAllText(In($"{i:d2}"), "");

        var listing = new FolderLister(null, []).List(folder, "*", 3);

        Assert.Equal(["00", "01", "02"], listing.Files.Select(static file => file.Name));
        Assert.True(listing.More);
        Assert.False(new FolderLister(null, []).List(folder, "*", 50).More);
    }

    [Fact]
    public void List_OfWhatIsNoFolder_SaysWhy()
    {
        File.WriteAllText(In("a"), "");

        Assert.Contains("No such file", FaultOf(new FolderLister(null, []), In("missing")), StringComparison.Ordinal);
        Assert.Contains("Not a directory", FaultOf(new FolderLister(null, []), In("a")), StringComparison.Ordinal);
    }

    [Fact]
    public void List_OutsideTheRoots_IsRefused_AlsoThroughALink()
    {
        Directory.CreateDirectory(In("root/below"));
        Directory.CreateSymbolicLink(In("root/link"), folder);
        var lister = new FolderLister(null, [In("root")]);

        Assert.Equal("", FaultOf(lister, In("root")));
        Assert.Equal("", FaultOf(lister, In("root/below")));
        Assert.Contains("--file-root", FaultOf(lister, folder), StringComparison.Ordinal);
        Assert.Contains("--file-root", FaultOf(lister, In("root/link")), StringComparison.Ordinal);
        Assert.Contains("--file-root", FaultOf(lister, In("root/..")), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Needs", "root")]
    public void List_ThatTheTasksUserMayNotRead_IsRefused()
    {
        Assert.SkipUnless(Environment.UserName == "root", "needs root");
        Directory.CreateDirectory(In("private"));
        File.SetUnixFileMode(In("private"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.SetUnixFileMode(
            folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);

        Assert.Contains("Permission denied", FaultOf(new FolderLister(RunAsUser.Find("nobody"), []), In("private")), StringComparison.Ordinal);
        Assert.Equal("", FaultOf(new FolderLister(null, []), In("private")));
    }

    private static string FaultOf(FolderLister lister, string path) => lister.List(path, "*", 10).Fault;

    private string In(string name) => Path.Combine(folder, name);
}
