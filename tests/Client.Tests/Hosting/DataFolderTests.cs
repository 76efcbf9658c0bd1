using System.Globalization;
using OrleansTasks.Settings;
using OrleansTasks.Silo.Hosting;

namespace OrleansTasks.Client.Tests.Hosting;

/// <summary>That a living owner's folder is refused needs another process: see the system tests.</summary>
public sealed class DataFolderTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("otask-folder-").FullName;

    public void Dispose() => Directory.Delete(_path, recursive: true);

    [Fact]
    public void Take_FreeFolder_WritesItsOwner()
    {
        var path = Path.Combine(_path, "deep", "new");
        using var folder = DataFolder.Take(path);
        Assert.Equal(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), ReadLock(path));
    }

    [Fact]
    public void Take_LockOfADeadOwner_IsTakenOver()
    {
        File.WriteAllText(Path.Combine(_path, "lock"), "4194303999\n and more than a process id would need\n");
        using var folder = DataFolder.Take(_path);
        Assert.Equal(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), ReadLock(_path));
    }

    [Fact]
    public void Take_FolderThatCannotBeMade_NamesTheOption()
    {
        var refusal = Assert.Throws<StartRefusedException>(() => DataFolder.Take("/proc/nothing/here"));
        Assert.Equal(1, refusal.ExitCode);
        Assert.Contains("--data", refusal.Message, StringComparison.Ordinal);
    }

    private static string ReadLock(string path)
    {
        using var file = new FileStream(Path.Combine(path, "lock"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return new StreamReader(file).ReadToEnd().Trim();
    }
}
