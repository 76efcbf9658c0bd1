using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>Which folder a descriptor or a name stands for.</summary>
/// <param name="Device">Its file system.</param>
/// <param name="Mount">Where that is mounted; 0 where the kernel does not tell (before 5.8).</param>
/// <param name="Inode">Its number in the file system.</param>
/// <param name="Owner">Its owner's user number.</param>
/// <param name="Group">Its group's number.</param>
/// <param name="Mode">Its type and permissions.</param>
internal readonly record struct FolderIdentity(
    ulong Device, ulong Mount, ulong Inode, uint Owner, uint Group, ushort Mode)
{
    private const ushort TypeMask = 0xF000, Folder = 0x4000;

    /// <summary>Whether both are one folder.</summary>
    internal bool IsSameFolder(in FolderIdentity other) => Inode == other.Inode && IsOnMountOf(other);

    /// <summary>Whether one mount has both.</summary>
    internal bool IsOnMountOf(in FolderIdentity other) => Device == other.Device && Mount == other.Mount;

    /// <summary>Reads that of an open descriptor; false with the error in <see cref="Libc.LastError"/>.</summary>
    internal static bool TryRead(int descriptor, out FolderIdentity identity) =>
        TryRead(descriptor, [0], Libc.AT_EMPTY_PATH, out identity);

    /// <summary>Reads that of a name, of which no link is followed; false when it is no folder.</summary>
    internal static bool TryRead(int folder, byte[] name, out FolderIdentity identity) =>
        TryRead(folder, name, Libc.AT_SYMLINK_NOFOLLOW, out identity) && (identity.Mode & TypeMask) == Folder;

    private static unsafe bool TryRead(int folder, byte[] name, int flags, out FolderIdentity identity)
    {
        Libc.FileStatus status;
        bool isRead;
        fixed (byte* start = name)
            isRead = Libc.statx(folder, start, flags, Libc.STATX_BASIC_STATS | Libc.STATX_MNT_ID, &status) == 0;
        identity = isRead
            ? new(((ulong)status.DeviceMajor << 32) | status.DeviceMinor, status.Mount, status.Inode, status.Owner,
                status.OwnerGroup, status.Mode)
            : default;
        return isRead;
    }
}
