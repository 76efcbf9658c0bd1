using Microsoft.Win32.SafeHandles;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Files;

/// <summary>
/// Opens the files that jobs read, with the rights of the user that tasks run as, and only beneath the worker's roots if it has any. The
/// check asks the open descriptor where the file is, so nobody can replace the file between the check and the reading.
/// </summary>
/// <param name="user">The user that tasks run as; null: the worker's own.</param>
/// <param name="roots">The folders, absolute, that files may be in; none: anywhere.</param>
internal sealed class SourceFileOpener(RunAsUser? user, IReadOnlyList<string> roots)
{
    private const ushort TypeMask = 0xF000, RegularFile = 0x8000;

    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="IOException">It cannot be opened, is no regular file, or is outside the roots; the message says which.</exception>
    internal SafeFileHandle Open(string path)
    {
        var handle = OpenAsUser(path);
        try
        {
            if (!FolderIdentity.TryRead((int)handle.DangerousGetHandle(), out var identity) || (identity.Mode & TypeMask) != RegularFile)
                throw new IOException($"{path} is not a regular file.");
            if (roots.Count > 0 && !IsBeneathARoot(handle))
                throw new IOException($"{path} is not beneath a folder that this worker's --file-root allows.");
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
        // Never waits for the other end of a pipe.
        const int Flags = Libc.O_RDONLY | Libc.O_CLOEXEC | Libc.O_NONBLOCK;
        int descriptor, error;
        using (user is null ? default : OwnerRights.Take(user))
        {
            descriptor = Libc.open(path, Flags);
            error = Libc.LastError;
        }

        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"{path}: {Libc.Describe(error)}");
    }

    private bool IsBeneathARoot(SafeFileHandle handle)
    {
        var file = new FileInfo($"/proc/self/fd/{handle.DangerousGetHandle()}").LinkTarget ?? "";
        return roots.Any(root => RealPath.IsBeneath(file, root));
    }
}
