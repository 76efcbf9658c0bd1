using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Files;

/// <summary>Tells files whose content is stored from everything else that has a path.</summary>
public static class FileKind
{
    private const int TypeMask = 0xF000;

    /// <summary>
    /// Returns why a path cannot be read as a file with a stored content, as the end of a sentence that begins with the
    /// path; null if it can, or if it cannot be looked at. Never waits, and opens no device.
    /// </summary>
    public static unsafe string? FaultOf(string path)
    {
        var descriptor = Libc.open(path, Libc.O_PATH | Libc.O_CLOEXEC);
        if (descriptor < 0)
            return null;
        try
        {
            if (!FolderIdentity.TryRead(descriptor, out var identity))
                return null;
            return FaultOf(identity.Mode) ?? (HasHiddenContent(path) ? "is a file of the system whose content has no size, as in /proc" : null);
        }
        finally
        {
            _ = Libc.close(descriptor);
        }
    }

    /// <summary>Returns what a path with this mode is if it is not a regular file.</summary>
    internal static string? FaultOf(ushort mode) => (mode & TypeMask) switch
    {
        0x1000 => "is a named pipe, not a regular file",
        0x2000 => "is a character device, not a regular file",
        0x4000 => "is a folder, not a regular file",
        0x6000 => "is a block device, not a regular file",
        0x8000 => null,
        0xC000 => "is a socket, not a regular file",
        _ => "is not a regular file",
    };

    /// <summary>Whether a file says that it is empty, but is not.</summary>
    private static unsafe bool HasHiddenContent(string path)
    {
        if (new FileInfo(path).Length > 0)
            return false;
        var descriptor = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK);
        if (descriptor < 0)
            return false;
        try
        {
            byte first;
            return Libc.read(descriptor, &first, 1) != 0;
        }
        finally
        {
            _ = Libc.close(descriptor);
        }
    }
}
