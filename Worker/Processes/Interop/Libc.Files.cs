using System.Runtime.InteropServices;

namespace OrleansTasks.Worker.Processes.Interop;

internal static unsafe partial class Libc
{
    internal const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000,
        O_PATH = 0x200000, O_CREAT = 0x40, O_EXCL = 0x80;
    internal const int AT_REMOVEDIR = 0x200, AT_FDCWD = -100, F_SETFD = 2, F_SETFL = 4, F_SETPIPE_SZ = 1031, FD_CLOEXEC = 1, X_OK = 1, MNT_DETACH = 2;
    internal const nuint FIONREAD = 0x541B;
    internal static readonly int O_DIRECTORY = IsArm ? 0x4000 : 0x10000;
    internal static readonly int O_NOFOLLOW = IsArm ? 0x8000 : 0x20000;

    internal const int AF_UNIX = 1, SOCK_SEQPACKET = 5, MSG_CMSG_CLOEXEC = 0x40000000;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socketpair(int domain, int type, int protocol, int* descriptors);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recvmsg(int descriptor, long* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int pipe2(int* descriptors, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags, int mode = 0);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int openat(int folder, byte* name, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int unlinkat(int folder, byte* name, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchmod(int descriptor, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchmodat(int folder, byte* name, uint mode, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint getdents64(int descriptor, byte* buffer, nuint length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mkdir(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mkfifo(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rmdir(string path);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int umount2(string path, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int access(string path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pread(int descriptor, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint write(int descriptor, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial long lseek(int descriptor, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fcntl(int descriptor, int command, nint argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ioctl(int descriptor, nuint request, int* argument);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int memfd_create(string name, uint flags);

    internal const int AT_EMPTY_PATH = 0x1000, AT_SYMLINK_NOFOLLOW = 0x100;
    internal const uint STATX_BASIC_STATS = 0x7ff, STATX_MNT_ID = 0x1000;

    /// <summary>
    /// struct statx, which is the same on every architecture: its size, and the fields that are read.
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct FileStatus
    {
        [FieldOffset(8)] internal ulong Attributes;
        [FieldOffset(20)] internal uint Owner;
        [FieldOffset(24)] internal uint OwnerGroup;
        [FieldOffset(28)] internal ushort Mode;
        [FieldOffset(32)] internal ulong Inode;
        [FieldOffset(40)] internal ulong Size;
        [FieldOffset(112)] internal long ModifiedSeconds;
        [FieldOffset(120)] internal uint ModifiedNanoseconds;
        [FieldOffset(136)] internal uint DeviceMajor;
        [FieldOffset(140)] internal uint DeviceMinor;
        [FieldOffset(144)] internal ulong Mount;
    }

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int statx(int folder, byte* path, int flags, uint wanted, FileStatus* status);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint flistxattr(int descriptor, byte* list, nuint length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint getxattr(string path, string name, byte* value, nuint size);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fsync(int descriptor);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int rename(string from, string to);

    internal const int EIO = 5, EXDEV = 18, ENOSPC = 28, ENAMETOOLONG = 36, EOPNOTSUPP = 95, EDQUOT = 122;
    internal const int O_NOCTTY = 0x100, F_SETLEASE = 1024, F_RDLCK = 0;
    internal const ulong RESOLVE_NO_XDEV = 1, RESOLVE_NO_MAGICLINKS = 2, RESOLVE_NO_SYMLINKS = 4, RESOLVE_BENEATH = 8;
    internal static readonly int O_TMPFILE = 0x400000 | O_DIRECTORY;
    private const nuint FICLONE = 0x40049409;

    /// <summary>
    /// openat2(2), which has no wrapper in the C library: opens a path below a folder within the bounds of
    /// <paramref name="resolve"/>.
    /// </summary>
    internal static int OpenWithin(int folder, byte* path, int flags, uint mode, ulong resolve)
    {
        var how = stackalloc ulong[3];
        (how[0], how[1], how[2]) = ((uint)flags, mode, resolve);
        return (int)syscall4(437, folder, (nint)path, (nint)how, 3 * sizeof(ulong));
    }

    /// <summary>Makes one file share the blocks of another. Fails if the file system cannot do that.</summary>
    internal static bool TryClone(int target, int source) => ioctl(target, FICLONE, (int*)(nint)source) == 0;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int mkdirat(int folder, byte* name, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint copy_file_range(
        int from, long* fromOffset, int to, long* toOffset, nuint length, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint pwrite(int descriptor, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ftruncate(int descriptor, long length);

    /// <summary>Whether a write failed because the disk, or the user's quota, is full.</summary>
    internal static bool IsFull(Exception failure) => failure.HResult is ENOSPC or EDQUOT;
}
