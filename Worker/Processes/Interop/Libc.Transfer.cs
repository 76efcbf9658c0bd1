using System.Runtime.InteropServices;

namespace OrleansTasks.Worker.Processes.Interop;

internal static unsafe partial class Libc
{
    internal const int EIO = 5, EXDEV = 18, ENOSPC = 28, ENAMETOOLONG = 36, EOPNOTSUPP = 95, EDQUOT = 122, O_NOCTTY = 0x100, F_SETLEASE = 1024, F_RDLCK = 0;
    internal const ulong RESOLVE_NO_XDEV = 1, RESOLVE_NO_MAGICLINKS = 2, RESOLVE_NO_SYMLINKS = 4, RESOLVE_BENEATH = 8;
    internal static readonly int O_TMPFILE = 0x400000 | O_DIRECTORY;
    private const nuint FICLONE = 0x40049409;

    /// <summary>
    /// openat2(2), which has no wrapper in the C library: opens a path below a folder within the bounds of <paramref name="resolve"/>.
    /// </summary>
    internal static int OpenWithin(int folder, byte* path, int flags, uint mode, ulong resolve)
    {
        var how = stackalloc ulong[3];
        (how[0], how[1], how[2]) = ((uint)flags, mode, resolve);
        return (int)syscall4(437, folder, (nint)path, (nint)how, 3 * sizeof(ulong));
    }

    /// <summary>Has one file share the blocks of another. Fails where the file system cannot do that.</summary>
    internal static bool TryClone(int target, int source) => ioctl(target, FICLONE, (int*)(nint)source) == 0;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mkdirat(int folder, byte* name, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint copy_file_range(int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pwrite(int descriptor, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ftruncate(int descriptor, long length);
}
