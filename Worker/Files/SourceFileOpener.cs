using Microsoft.Win32.SafeHandles;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Files;

/// <summary>
/// Opens the files that jobs read, with the rights of the user that tasks run as, and only below the worker's roots if
/// it has any. The check uses the open descriptor's path, so the file cannot be replaced between the check and the
/// reading.
/// </summary>
/// <param name="user">The user that tasks run as; null for the worker's own.</param>
/// <param name="roots">The folders that files may be in, absolute; empty for any folder.</param>
internal sealed class SourceFileOpener(RunAsUser? user, IReadOnlyList<string> roots)
{
    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="IOException">
    /// The file cannot be opened, is not a regular file, or is outside the roots; the message says which.
    /// </exception>
    internal SafeFileHandle Open(string path)
    {
        var handle = OpenAsUser(path);
        try
        {
            if (!FolderIdentity.TryRead((int)handle.DangerousGetHandle(), out var identity))
                throw new IOException($"{path} is not a regular file.");
            if (FileKind.FaultOf(identity.Mode) is { } fault)
                throw new IOException($"{path} {fault}.");
            if (roots.Count > 0 && !IsBeneathARoot(handle))
                throw new IOException($"{path} is not below a folder that this worker's --file-root allows.");
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private SafeFileHandle OpenAsUser(string path)
    {
        // O_NONBLOCK: opening a named pipe must not wait for its other end.
        const int Flags = Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK;
        int descriptor, error;
        using (user is null ? default : OwnerRights.Take(user))
        {
            descriptor = Libc.open(path, Flags);
            error = Libc.LastError;
        }

        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException(
                error == Libc.ENXIO && FileKind.FaultOf(path) is { } fault ? $"{path} {fault}." : $"{path}: {Libc.Describe(error)}");
    }

    private bool IsBeneathARoot(SafeFileHandle handle)
    {
        var file = new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget ?? "";
        return roots.Any(root => RealPath.IsBeneath(file, root));
    }
}
