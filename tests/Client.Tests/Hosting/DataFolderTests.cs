using System.Diagnostics;
using System.Globalization;
using OrleansTasks.Client.Hosting;

namespace OrleansTasks.Client.Tests.Hosting;

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

    // The lock is the process's, so the other owner must be another process.
    [Fact]
    public void Take_FolderOfALivingOwner_NamesItAndRefuses()
    {
        var lockFile = Path.Combine(_path, "lock");
        using var owner = Process.Start(new ProcessStartInfo("python3",
            ["-c", "import fcntl,os,sys\nf=open(sys.argv[1],'w')\nfcntl.lockf(f,fcntl.LOCK_EX,1)\nf.write(str(os.getpid()));f.flush()\n"
                + "print('held',flush=True)\nsys.stdin.read()", lockFile])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        Assert.Equal("held", owner.StandardOutput.ReadLine());
        var refusal = Assert.Throws<StartRefusedException>(() => DataFolder.Take(_path));
        Assert.Equal(1, refusal.ExitCode);
        Assert.Contains($"in use by process {owner.Id}", refusal.Message, StringComparison.Ordinal);
        owner.StandardInput.Close();
        owner.WaitForExit();
        DataFolder.Take(_path).Dispose();
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
