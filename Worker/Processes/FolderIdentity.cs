using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>Identifies the folder that a descriptor or a name refers to.</summary>
/// <param name="Device">The device number of its file system.</param>
/// <param name="Mount">The id of its mount; 0 if the kernel does not report it (before 5.8).</param>
/// <param name="Inode">Its inode number.</param>
/// <param name="Owner">Its owner's user id.</param>
/// <param name="Group">Its group's id.</param>
/// <param name="Mode">Its file type and permissions.</param>
internal readonly record struct FolderIdentity(
    ulong Device, ulong Mount, ulong Inode, uint Owner, uint Group, ushort Mode)
{
    private const ushort TypeMask = 0xF000, Folder = 0x4000;

    /// <summary>Whether both are the same folder.</summary>
    internal bool IsSameFolder(in FolderIdentity other) => Inode == other.Inode && IsOnMountOf(other);

    /// <summary>Whether both are on the same mount.</summary>
    internal bool IsOnMountOf(in FolderIdentity other) => Device == other.Device && Mount == other.Mount;

    /// <summary>
    /// Reads the identity of an open descriptor. If false, <see cref="Libc.LastError"/> has the error.
    /// </summary>
    internal static bool TryRead(int descriptor, out FolderIdentity identity) =>
        TryRead(descriptor, [0], Libc.AT_EMPTY_PATH, out identity);

    /// <summary>Reads the identity of a name without following a link. Returns false if it is not a folder.</summary>
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
