using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>A working folder: its present path and its original state.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Made">Its state when it was created.</param>
internal readonly record struct WorkFolder(string Path, FolderState Made);

/// <summary>The properties that must be unchanged for an emptied folder to be reused as a fresh one.</summary>
/// <param name="Inode">The inode number, which identifies the folder.</param>
/// <param name="Mode">The file type and permissions.</param>
/// <param name="Owner">The owner's user id.</param>
/// <param name="Group">The group's id.</param>
/// <param name="Attributes">Flags such as immutable.</param>
/// <param name="Extended">The length of the list of extended attributes, which include access control lists.</param>
/// <param name="Size">The size of the folder itself, which grows with many entries and never shrinks.</param>
internal readonly record struct FolderState(
    ulong Inode, ushort Mode, uint Owner, uint Group, ulong Attributes, nint Extended, ulong Size)
{
    /// <summary>
    /// Reads the state. Returns false if the folder is missing, or not empty although <paramref name="onlyEmpty"/> is
    /// set.
    /// </summary>
    internal static unsafe bool TryRead(string path, bool onlyEmpty, out FolderState state)
    {
        state = default;
        var descriptor = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC);
        if (descriptor < 0) return false;
        Libc.FileStatus status;
        byte nothing = 0;
        var read = Libc.statx(descriptor, &nothing, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) == 0 &&
            (!onlyEmpty || IsEmpty(descriptor));
        if (read)
            state = new(status.Inode, status.Mode, status.Owner, status.OwnerGroup, status.Attributes,
                Libc.flistxattr(descriptor, null, 0), status.Size);
        _ = Libc.close(descriptor);
        return read;
    }

    private static unsafe bool IsEmpty(int folder)
    {
        var buffer = stackalloc byte[512];
        nint length;
        while ((length = Libc.getdents64(folder, buffer, 512)) > 0)
        {
            for (var entry = buffer; entry < buffer + length; entry += *(ushort*)(entry + 16))
            {
                var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + 19);
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8)) return false;
            }
        }
        return length == 0;
    }
}
