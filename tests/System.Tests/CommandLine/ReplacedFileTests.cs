using OrleansTasks.Cli.Profiles;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.CommandLine;

/// <summary>The files with secrets that otask writes: the profiles, and a gateway's certificate.</summary>
public sealed class ReplacedFileTests : DataFolders
{
    public ReplacedFileTests() => Directory.CreateDirectory(Data);

    [Fact]
    public void Write_RemovesWhatKilledProcessesLeftAndNothingElse()
    {
        var path = Secret("gateway.pem");
        string[] left = ["gateway.pem.1.new", "gateway.pem.4194303.new"];
        string[] others = ["gateway.pem.1", "gateway.pem.new", "gateway.pem.old.new", "gateway.pem.12a.new", "other.pem.1.new"];
        foreach (var name in (string[])[.. left, .. others, "gateway.pem.77.new"])
            File.WriteAllText(Secret(name), "a key");
        foreach (var name in (string[])[.. left, .. others])
            File.SetLastWriteTimeUtc(Secret(name), DateTime.UnixEpoch);

        ReplacedFile.Write(path, "first"u8);
        ReplacedFile.Write(path, "second"u8);

        Assert.Equal("second", File.ReadAllText(path));
        // Process 77 may be writing still.
        Assert.Equal(((string[])[.. others, "gateway.pem", "gateway.pem.77.new"]).Order(), Names());
    }

    [Fact, global::System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Write_OverAFileThatOthersCanRead_LeavesItToItsOwner()
    {
        var path = Secret("config.json");
        File.WriteAllText(path, "old");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        ReplacedFile.Write(path, "new"u8);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Write_OntoAFolder_FailsAndLeavesNothing()
    {
        Directory.CreateDirectory(Secret("config.json"));
        Assert.ThrowsAny<Exception>(() => ReplacedFile.Write(Secret("config.json"), "new"u8));
        Assert.Empty(Names());
    }

    private string Secret(string name) => Path.Combine(Data, name);

    private IEnumerable<string> Names() => Directory.GetFiles(Data).Select(static file => Path.GetFileName(file)).Order();
}
