using System.Runtime.InteropServices;

namespace OrleansTasks.Storage.Files;

/// <summary>Waits until the disk has what was written.</summary>
internal static partial class DiskSync
{
    private const int Interrupted = 4;

    /// <summary>
    /// Waits for a file's bytes and for the length that reading them needs, but not for its times. Throws <see cref="IOException"/>
    /// for whatever the system says: .NET's own call passes over a file system that has become read-only.
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
