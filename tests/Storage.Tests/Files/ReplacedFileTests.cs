using OrleansTasks.Storage.Files;

namespace OrleansTasks.Storage.Tests.Files;

public sealed class ReplacedFileTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Write_RemovesWhatKilledProcessesLeftAndNothingElse()
    {
        var path = In("gateway.pem");
        string[] left = ["gateway.pem.1.new", "gateway.pem.4194303.new"];
        string[] others = ["gateway.pem.1", "gateway.pem.new", "gateway.pem.old.new", "gateway.pem.12a.new", "other.pem.1.new"];
        foreach (var name in (string[])[.. left, .. others, "gateway.pem.77.new"])
            File.WriteAllText(In(name), "a key");
        foreach (var name in (string[])[.. left, .. others])
            File.SetLastWriteTimeUtc(In(name), DateTime.UnixEpoch);

        ReplacedFile.Write(path, "first"u8);
        ReplacedFile.Write(path, "second"u8);

        Assert.Equal("second", File.ReadAllText(path));
        // Process 77 may be writing still.
        Assert.Equal(((string[])[.. others, "gateway.pem", "gateway.pem.77.new"]).Order(), Names());
    }

    [Fact, System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Write_OverAFileThatOthersCanRead_LeavesItToItsOwner()
    {
        var path = In("config.json");
        File.WriteAllText(path, "old");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        ReplacedFile.Write(path, "new"u8);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Fact]
    public void Write_OntoAFolder_FailsAndLeavesNothing()
    {
        Directory.CreateDirectory(In("config.json"));
        Assert.ThrowsAny<Exception>(() => ReplacedFile.Write(In("config.json"), "new"u8));
        Assert.Empty(Names());
    }

    private string In(string name) => Path.Combine(folder.Path, name);

    private IEnumerable<string> Names() => Directory.GetFiles(folder.Path).Select(static file => Path.GetFileName(file)).Order();
}
