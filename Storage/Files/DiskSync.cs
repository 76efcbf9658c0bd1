using System.Runtime.InteropServices;

namespace OrleansTasks.Storage.Files;

/// <summary>Flushes files to the disk.</summary>
internal static partial class DiskSync
{
    // EINTR: a signal arrived before the call finished, so it is repeated.
    private const int Interrupted = 4;

    /// <summary>
    /// Flushes a file's bytes and its length, but not its times. Throws <see cref="IOException"/> for every error that
    /// the system reports. .NET's own flush ignores the error of a file system that has become read-only.
    /// </summary>
    internal static void Sync(SafeHandle file)
    {
        while (SyncDescriptor(file) != 0)
        {
            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
                throw new IOException($"Cannot sync a file: {Marshal.GetPInvokeErrorMessage(error)}", error);
        }
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int SyncDescriptor(SafeHandle descriptor);
}
