using System.Runtime.InteropServices;

namespace OrleansTasks.Worker.Processes.Interop;

internal static unsafe partial class Libc
{
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
}
