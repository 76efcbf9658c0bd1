using System.Runtime.InteropServices;

namespace OrleansTasks.System.Tests.Durability;

/// <summary>A disk in memory of a few megabytes. Mounting it needs the right to.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int DetachLazily = 2;

    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    /// <summary>Mounts one; null where this is not allowed.</summary>
    public static SmallDisk? TryMount(string path, int megabytes)
    {
        Directory.CreateDirectory(path);
        return mount("otask-test", path, "tmpfs", 0, $"size={megabytes}m") == 0 ? new SmallDisk(path) : null;
    }

    /// <summary>Fills it until so much is free; returns the file that takes the room.</summary>
    public string FillUntil(long freeBytes)
    {
        var filler = global::System.IO.Path.Combine(Path, "filler");
        using var file = new FileStream(filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[4096];
        try
        {
            while (new DriveInfo(Path).AvailableFreeSpace > freeBytes)
                file.Write(block);
        }
        catch (IOException) when (freeBytes == 0)
        {
            // Full.
        }

        return filler;
    }

    public void Dispose() => _ = umount2(Path, DetachLazily);

    [DllImport("libc", SetLastError = true)]
    private static extern int mount(string source, string target, string type, ulong flags, string data);

    [DllImport("libc", SetLastError = true)]
    private static extern int umount2(string target, int flags);
}
