using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>
/// A folder on a file system that never answers: FUSE, whose server is this object. It answers the first request, so that
/// calls that wait for it cannot even be killed, and no other.
/// </summary>
internal sealed partial class HangingFolder : IDisposable
{
    private const int Detach = 2;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("otask-hanging-");
    private int device;

    public HangingFolder()
    {
        device = Libc.open("/dev/fuse", Libc.O_RDWR | Libc.O_CLOEXEC);
        Assert.SkipWhen(device < 0, "FUSE cannot be used here.");
        var options = $"fd={device},rootmode=40755,user_id=0,group_id=0,allow_other";
        Assert.SkipWhen(mount("hanging", folder.FullName, "fuse", 0, options) < 0, "Nothing can be mounted here.");
        Greet();
    }

    public string Path => folder.FullName;

    /// <summary>Lets everybody go who waits.</summary>
    public void Dispose()
    {
        _ = umount2(folder.FullName, Detach);
        if (device >= 0) _ = Libc.close(device);
        device = -1;
        folder.Delete();
    }

    // fuse_in_header: length, opcode, unique (at 8); fuse_out_header: length, error, unique; then fuse_init_out: 7.31, read-ahead,
    // flags, ..., the longest write (at 36).
    private unsafe void Greet()
    {
        var request = stackalloc byte[64 * 1024];
        var read = Libc.read(device, request, 64 * 1024);
        Assert.True(read > 16, Libc.Describe(Libc.LastError));
        var answer = stackalloc byte[80];
        new Span<byte>(answer, 80).Clear();
        *(uint*)answer = 80;
        *(ulong*)(answer + 8) = *(ulong*)(request + 8);
        *(uint*)(answer + 16) = 7;
        *(uint*)(answer + 20) = 31;
        *(uint*)(answer + 36) = 4096;
        Assert.Equal(80, Libc.write(device, answer, 80));
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, nuint flags, string options);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);
}
