using System.Runtime.InteropServices;
using System.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Removes a folder with all that is in it. Works on descriptors that never follow a link, so nothing outside is
/// touched whatever the command left there; holds one descriptor at a time, so depth does not matter.
/// </summary>
internal static unsafe class FolderRemover
{
    private const byte TypeFolder = 4, TypeUnknown = 0;
    private static readonly byte[] Parent = Terminated("..");

    /// <summary>Removes it; false with the error when something in it could not be removed.</summary>
    internal static bool Remove(string path, out int error)
    {
        error = 0;
        var name = Terminated(path);
        var folder = Open(Libc.AT_FDCWD, name);
        if (folder < 0)
        {
            // Not a folder any more: the command put something else in its place, which is removed, not followed.
            if (Unlink(Libc.AT_FDCWD, name, 0)) return true;
            error = Libc.LastError;
            return error == Libc.ENOENT;
        }
        var buffer = (byte*)NativeMemory.Alloc(32 * 1024);
        var emptied = Empty(folder, buffer, ref error);
        NativeMemory.Free(buffer);
        if (!emptied || Unlink(Libc.AT_FDCWD, name, Libc.AT_REMOVEDIR)) return emptied;
        error = Libc.LastError;
        return false;
    }

    private static bool Empty(int folder, byte* buffer, ref int error)
    {
        var above = new Stack<byte[]>();
        while (true)
        {
            var inner = RemoveFiles(folder, buffer, ref error);
            if (inner is not null)
            {
                var opened = Open(folder, inner);
                if (opened < 0) error = Libc.LastError;
                _ = Libc.close(folder);
                if (opened < 0) return false;
                above.Push(inner);
                folder = opened;
                continue;
            }
            if (error != 0 || above.Count == 0)
            {
                _ = Libc.close(folder);
                return error == 0;
            }
            var parent = Open(folder, Parent);
            _ = Libc.close(folder);
            folder = parent;
            if (parent >= 0 && Unlink(parent, above.Pop(), Libc.AT_REMOVEDIR)) continue;
            error = Libc.LastError;
            if (parent >= 0) _ = Libc.close(parent);
            return false;
        }
    }

    /// <summary>Unlinks all but folders that are not empty; gives the first of those to go into.</summary>
    private static byte[]? RemoveFiles(int folder, byte* buffer, ref int error)
    {
        while (true)
        {
            var removed = 0;
            _ = Libc.lseek(folder, 0, 0);
            nint length;
            while ((length = Libc.getdents64(folder, buffer, 32 * 1024)) > 0)
            {
                for (byte* entry = buffer; entry < buffer + length; entry += *(ushort*)(entry + 16))
                {
                    var name = entry + 19;
                    if (name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0))) continue;
                    if (RemoveEntry(folder, name, entry[18], out var inner, ref error)) removed++;
                    else return inner;
                }
            }
            // Removing while reading may make the file system skip entries: read again until a pass finds none.
            if (removed == 0) return null;
        }
    }

    private static bool RemoveEntry(int folder, byte* name, byte type, out byte[]? inner, ref int error)
    {
        inner = null;
        if (type is not TypeFolder)
        {
            if (Libc.unlinkat(folder, name, 0) == 0 || Libc.LastError == Libc.ENOENT) return true;
            error = Libc.LastError;
            if (error != Libc.EISDIR && type != TypeUnknown) return false;
            error = 0;
        }
        if (Libc.unlinkat(folder, name, Libc.AT_REMOVEDIR) == 0 || Libc.LastError == Libc.ENOENT) return true;
        if (Libc.LastError is Libc.ENOTEMPTY or Libc.EEXIST)
            inner = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name).ToArray().Append((byte)0).ToArray();
        else error = Libc.LastError;
        return false;
    }

    private static int Open(int folder, byte[] name)
    {
        var flags = Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
        fixed (byte* start = name)
        {
            var opened = Libc.openat(folder, start, flags, 0);
            if (opened < 0)
            {
                if (Libc.LastError != Libc.EACCES) return opened;
                // The command took its own permissions away. A link in its place is not followed: openat refuses it
                // next.
                _ = Libc.fchmodat(folder, start, 0x1C0, 0);
                opened = Libc.openat(folder, start, flags, 0);
            }
            if (opened >= 0) _ = Libc.fchmod(opened, 0x1C0);
            return opened;
        }
    }

    private static bool Unlink(int folder, byte[] name, int flags)
    {
        fixed (byte* start = name) return Libc.unlinkat(folder, start, flags) == 0;
    }

    private static byte[] Terminated(string path) => Encoding.UTF8.GetBytes(path + '\0');
}
