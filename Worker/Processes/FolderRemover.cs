using System.Runtime.InteropServices;
using System.Text;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Removes a folder with everything in it, as the folder's owner if the worker is root. Other tasks may move folders in
/// and out at the same time, so no link is followed, no other mount is entered, and the way up leads only to the folder
/// that was entered before. Only one descriptor is open at a time, so the depth does not matter.
/// </summary>
internal sealed unsafe class FolderRemover
{
    private const byte TypeFolder = 4, TypeUnknown = 0; // DT_DIR and DT_UNKNOWN
    private const uint OwnerMayAll = 0x1C0; // Mode 0700
    private const int BufferSize = 32 * 1024;

    /// <summary>How often the removal restarts because something moved during it.</summary>
    private const int MostTries = 20;

    private static readonly byte[] Parent = Terminated("..");
    private static readonly byte[] Itself = Terminated(".");

    private readonly byte[] top;
    private readonly Stack<(byte[] Name, FolderIdentity Above)> entered = new();
    private readonly byte* buffer;
    private int error;

    private FolderRemover(byte[] top, byte* buffer)
    {
        this.top = top;
        this.buffer = buffer;
    }

    /// <summary>Removes a folder. Returns false and the error if something in it could not be removed.</summary>
    internal static bool Remove(string path, out int error)
    {
        var buffer = (byte*)NativeMemory.Alloc(BufferSize);
        try
        {
            var remover = new FolderRemover(Terminated(path), buffer);
            for (var tries = 0; tries < MostTries; tries++)
                if (remover.TryRemove() || !remover.SomethingMoved)
                    break;
            error = remover.error;
            return error == 0;
        }
        finally
        {
            NativeMemory.Free(buffer);
        }
    }

    /// <summary>
    /// Gives a folder that could not be removed to root alone:
    /// nobody else can reach its content, and a later removal has root's rights. Returns false if that fails.
    /// </summary>
    internal static bool Seal(string path)
    {
        var folder = Open(Libc.AT_FDCWD, Terminated(path), Libc.O_RDONLY);
        if (folder < 0)
            return false;
        var isSealed = Libc.fchown(folder, 0, 0) == 0 && Libc.fchmod(folder, OwnerMayAll) == 0;
        _ = Libc.close(folder);
        return isSealed;
    }

    /// <summary>
    /// Removes a folder with root's rights, after its owner's rights were not enough: first gives the folder to root
    /// alone. Only for folders that no running process is in. Such a process could move another folder into this one,
    /// and so have files removed that it cannot remove itself. Returns false if something is left.
    /// </summary>
    internal static bool RemoveAsRoot(string path) => Seal(path) && Remove(path, out _);

    private bool SomethingMoved => error is Libc.ENOENT or Libc.ENOTDIR or Libc.ELOOP or Libc.ENOTEMPTY or Libc.EEXIST;

    private bool TryRemove()
    {
        error = 0;
        if (!FolderIdentity.TryRead(Libc.AT_FDCWD, top, out var identity))
            // No longer a folder. Whatever the command put in its place is removed, not followed.
            return Unlink(Libc.AT_FDCWD, top, 0) || Libc.LastError == Libc.ENOENT || Fail();
        var folder = Enter(Libc.AT_FDCWD, top, ref identity);
        if (folder < 0)
            return false;
        using (OwnerRights.Take(identity.Owner, identity.Group))
            if (!Empty(folder, identity))
                return false;
        return Unlink(Libc.AT_FDCWD, top, Libc.AT_REMOVEDIR) || Libc.LastError == Libc.ENOENT || Fail();
    }

    private bool Fail()
    {
        error = Libc.LastError;
        return false;
    }

    private bool Empty(int folder, FolderIdentity current)
    {
        entered.Clear();
        while (folder >= 0)
        {
            if (RemoveFiles(folder) is { } inner)
                folder = GoDown(folder, inner, ref current);
            else if (error == 0 && entered.Count > 0)
                folder = GoUp(folder, ref current);
            else
                break;
        }
        if (folder >= 0) _ = Libc.close(folder);
        return error == 0;
    }

    private int GoDown(int folder, byte[] inner, ref FolderIdentity current)
    {
        entered.Push((inner, current));
        var opened = Enter(folder, inner, ref current);
        _ = Libc.close(folder);
        return opened;
    }

    /// <summary>
    /// Returns to the folder above and removes this one there.
    /// If a command has moved it, the folder above is a different one and must not be touched.
    /// </summary>
    private int GoUp(int folder, ref FolderIdentity current)
    {
        var (name, above) = entered.Pop();
        var parent = Open(folder, Parent, Libc.O_RDONLY);
        if (parent < 0) Fail();
        _ = Libc.close(folder);
        if (parent < 0) return parent;
        current = above;
        if (!FolderIdentity.TryRead(parent, out var found) || !found.IsSameFolder(above)) error = Libc.ENOENT;
        else if (Unlink(parent, name, Libc.AT_REMOVEDIR) || Libc.LastError == Libc.ENOENT) return parent;
        else Fail();
        _ = Libc.close(parent);
        return -1;
    }

    /// <summary>Opens a folder on the same mount, and gives its owner all permissions on it.</summary>
    private int Enter(int folder, byte[] name, ref FolderIdentity current)
    {
        var opened = Open(folder, name, Libc.O_RDONLY);
        // The command removed its own permissions. A path descriptor needs none.
        if (opened < 0 && Libc.LastError == Libc.EACCES) opened = Open(folder, name, Libc.O_PATH);
        if (opened < 0)
        {
            Fail();
            return opened;
        }
        if (!FolderIdentity.TryRead(opened, out var found)) Fail();
        else if (!found.IsOnMountOf(current)) error = Libc.EBUSY;
        else if ((found.Mode & OwnerMayAll) == OwnerMayAll || AllowOwner(ref opened))
        {
            current = found;
            return opened;
        }
        if (opened >= 0) _ = Libc.close(opened);
        return -1;
    }

    // Uses the descriptor's own path, not the name: a command could have replaced the folder by a link.
    private bool AllowOwner(ref int opened)
    {
        fixed (byte* path = Terminated($"/proc/self/fd/{opened}"))
            if (Libc.fchmodat(Libc.AT_FDCWD, path, OwnerMayAll, 0) < 0) return Fail();
        var readable = Open(opened, Itself, Libc.O_RDONLY);
        if (readable < 0) return Fail();
        _ = Libc.close(opened);
        opened = readable;
        return true;
    }

    /// <summary>
    /// Removes all entries except folders that are not empty. Returns the first such folder; null if none is left.
    /// </summary>
    private byte[]? RemoveFiles(int folder)
    {
        while (true)
        {
            var removed = 0;
            _ = Libc.lseek(folder, 0, 0);
            var entries = new FolderEntries(folder, buffer, BufferSize);
            while (entries.MoveNext())
            {
                if (RemoveEntry(folder, entries.Name, entries.Type, out var inner)) removed++;
                else return inner;
            }
            // Removing entries while reading may make the file system skip some, so read until a pass finds none.
            if (removed == 0) return null;
        }
    }

    private bool RemoveEntry(int folder, byte* name, byte type, out byte[]? inner)
    {
        inner = null;
        if (type is not TypeFolder)
        {
            if (Libc.unlinkat(folder, name, 0) == 0 || Libc.LastError == Libc.ENOENT) return true;
            if (Libc.LastError != Libc.EISDIR && type != TypeUnknown) return Fail();
        }
        if (Libc.unlinkat(folder, name, Libc.AT_REMOVEDIR) == 0 || Libc.LastError == Libc.ENOENT) return true;
        if (Libc.LastError is not (Libc.ENOTEMPTY or Libc.EEXIST)) return Fail();
        inner = [.. MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name), 0];
        return false;
    }

    private static int Open(int folder, byte[] name, int access)
    {
        fixed (byte* start = name)
            return Libc.openat(folder, start, access | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
    }

    private static bool Unlink(int folder, byte[] name, int flags)
    {
        fixed (byte* start = name) return Libc.unlinkat(folder, start, flags) == 0;
    }

    private static byte[] Terminated(string path) => Encoding.UTF8.GetBytes(path + '\0');
}
