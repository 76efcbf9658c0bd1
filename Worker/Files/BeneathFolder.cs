using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Files;

/// <summary>
/// A folder that a task can change at any time. What is opened below it lies below it: no link is followed, and no other mount is entered.
/// </summary>
internal sealed unsafe class BeneathFolder : IDisposable
{
    private const ulong Bounds =
        Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_SYMLINKS | Libc.RESOLVE_NO_MAGICLINKS | Libc.RESOLVE_NO_XDEV;

    private static volatile bool lacksOpenat2;
    private readonly bool stepByStep;
    private readonly FolderIdentity identity;
    private int descriptor;

    private BeneathFolder(int descriptor, in FolderIdentity identity, bool stepByStep) =>
        (this.descriptor, this.identity, this.stepByStep) = (descriptor, identity, stepByStep);

    /// <summary>Opens the folder. Returns null and an error number on failure.</summary>
    /// <param name="path">Its path, of which the last part is no link.</param>
    /// <param name="error">Receives the error number.</param>
    /// <param name="stepByStep">Whether paths are opened segment by segment, as on kernels before 5.6.</param>
    internal static BeneathFolder? Open(string path, out int error, bool stepByStep = false)
    {
        var descriptor = Libc.open(path, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC);
        error = descriptor < 0 ? Libc.LastError : 0;
        if (descriptor < 0)
            return null;
        if (FolderIdentity.TryRead(descriptor, out var identity))
            return new(descriptor, identity, stepByStep);
        error = Libc.LastError;
        _ = Libc.close(descriptor);
        return null;
    }

    /// <summary>
    /// Opens a path below the folder. Returns a descriptor; negative if that failed, and <see cref="Libc.LastError"/> has the error: ELOOP
    /// for a link on the way, EXDEV for another mount.
    /// </summary>
    /// <param name="path">The path's bytes with a NUL at the end; only the NUL for the folder itself.</param>
    /// <param name="flags">The flags of open(2), to which O_NOFOLLOW and O_CLOEXEC are added.</param>
    /// <param name="mode">The permissions of a file that is created.</param>
    internal int Open(ReadOnlySpan<byte> path, int flags, uint mode = 0)
    {
        flags |= Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
        if (path.Length <= 1)
            path = ".\0"u8;
        if (stepByStep || lacksOpenat2)
            return OpenSteps(path, flags, mode);
        fixed (byte* start = path)
        {
            int opened;
            while ((opened = Libc.OpenWithin(descriptor, start, flags, mode, Bounds)) < 0 && Libc.LastError is Libc.EINTR or Libc.EAGAIN)
            {
                // EAGAIN: something was renamed at the same time.
            }

            // EPERM: a filter of system calls that does not know it. ENAMETOOLONG: the NUL does not fit.
            if (opened >= 0 || Libc.LastError is not (Libc.ENOSYS or Libc.EPERM or Libc.ENAMETOOLONG))
                return opened;
            lacksOpenat2 |= Libc.LastError == Libc.ENOSYS;
        }

        return OpenSteps(path, flags, mode);
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptors.Close(ref descriptor);

    private int OpenSteps(ReadOnlySpan<byte> path, int flags, uint mode)
    {
        var folder = descriptor;
        var name = stackalloc byte[256];
        while (true)
        {
            var end = path.IndexOfAny((byte)'/', (byte)0);
            var isLast = path[end] == 0;
            var opened = -1;
            if (end > 255)
                Marshal.SetLastPInvokeError(Libc.ENAMETOOLONG);
            else
            {
                path[..end].CopyTo(new Span<byte>(name, end));
                name[end] = 0;
                opened = Libc.openat(folder, name, isLast ? flags : Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, (int)mode);
                if (opened >= 0 && !IsOnThisMount(opened))
                {
                    _ = Libc.close(opened);
                    opened = -1;
                    Marshal.SetLastPInvokeError(Libc.EXDEV);
                }
            }

            if (folder != descriptor)
            {
                var error = Libc.LastError;
                _ = Libc.close(folder);
                Marshal.SetLastPInvokeError(error);
            }

            if (opened < 0 || isLast)
                return opened;
            folder = opened;
            path = path[(end + 1)..];
        }
    }

    private bool IsOnThisMount(int opened) => FolderIdentity.TryRead(opened, out var found) && found.IsOnMountOf(identity);
}
