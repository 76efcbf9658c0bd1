using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>A working folder: where it is now, and what it was like when it was made.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Made">What it was like when it was made.</param>
internal readonly record struct WorkFolder(string Path, FolderState Made);

/// <summary>What must be as it was for an emptied folder to be as good as a new one.</summary>
/// <param name="Inode">Which folder it is.</param>
/// <param name="Mode">Its type and permissions.</param>
/// <param name="Owner">Its owner.</param>
/// <param name="Group">Its owner's group.</param>
/// <param name="Attributes">Flags such as immutable.</param>
/// <param name="Extended">The length of the list of its extended attributes, access lists among them.</param>
/// <param name="Size">Its own size, which grows with many entries and does not shrink.</param>
internal readonly record struct FolderState(
    ulong Inode, ushort Mode, uint Owner, uint Group, ulong Attributes, nint Extended, ulong Size)
{
    /// <summary>Reads it; false when the folder is not there, or not empty when that is asked for.</summary>
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
