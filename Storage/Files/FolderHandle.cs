using System.Runtime.InteropServices;

namespace OrleansTasks.Storage.Files;

/// <summary>An open folder whose entries can be made durable.</summary>
internal sealed partial class FolderHandle : IDisposable
{
    // O_RDONLY and O_CLOEXEC of Linux.
    private const int ReadOnly = 0, CloseOnExec = 0x80000;
    private readonly int descriptor;

    private FolderHandle(int descriptor) => this.descriptor = descriptor;

    /// <summary>Opens a folder. Throws <see cref="IOException"/>.</summary>
    internal static FolderHandle Open(string path)
    {
        var descriptor = OpenFolder(path, ReadOnly | CloseOnExec);
        return descriptor >= 0 ? new FolderHandle(descriptor) : throw Error("open");
    }

    /// <summary>
    /// Flushes the folder's entries to the disk, so that files created, renamed or deleted in it stay so after a crash.
    /// </summary>
    internal void Sync()
    {
        if (SyncDescriptor(descriptor) != 0)
            throw Error("sync");
    }

    /// <summary>Flushes everything that waits for the disk on the folder's file system: bytes, names and folders.</summary>
    internal void SyncFileSystem()
    {
        if (SyncAll(descriptor) != 0)
            throw Error("sync the file system of");
    }

    /// <inheritdoc/>
    public void Dispose() => _ = CloseDescriptor(descriptor);

    private static IOException Error(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"Cannot {what} a folder: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFolder(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncDescriptor(int descriptor);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncAll(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseDescriptor(int descriptor);
}
