using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Tests.Processes;

/// <summary>This process can open nothing until this is disposed. For tests that run alone.</summary>
internal sealed unsafe partial class NoDescriptors : IDisposable
{
    private const int OpenFiles = 7;
    private readonly ulong soft;
    private readonly ulong hard;

    public NoDescriptors()
    {
        var limits = stackalloc ulong[2];
        Assert.Equal(0, getrlimit(OpenFiles, limits));
        (soft, hard) = (limits[0], limits[1]);
        var lowestFree = Libc.open("/dev/null", Libc.O_RDONLY | Libc.O_CLOEXEC);
        Assert.True(lowestFree > 0);
        _ = Libc.close(lowestFree);
        Set((ulong)lowestFree);
    }

    public void Dispose() => Set(soft);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, ulong* limits);

    private void Set(ulong limit)
    {
        var limits = stackalloc ulong[2] { limit, hard };
        Assert.Equal(0, Libc.setrlimit(OpenFiles, limits));
    }
}
