using System.Collections.Concurrent;
using System.Globalization;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// The fresh folders that attempts start in.
/// On a file system like ext4, creating and removing a folder costs 0.2 ms, twenty times as much as renaming one.
/// A folder that comes back empty and unchanged therefore gets a new, unused name and serves as the next fresh one.
/// </summary>
internal sealed class WorkFolders : IDisposable
{
    private const string Prefix = "attempt-";
    private const int SpareLimit = 64;
    private static readonly Dictionary<string, int> UsersOfRoots = [];

    private readonly ConcurrentStack<WorkFolder> spares = new();
    private readonly List<(string Folder, string Reason, uint Owner)> left = [];
    private readonly string root;
    private readonly bool keepsSpares;
    private static long last;

    /// <summary>Creates the root if it is missing, and removes what an earlier process left in it.</summary>
    /// <param name="root">The folder that holds the working folders.</param>
    /// <param name="keepsSpares">Whether all folders have the same owner, so that an empty one can be reused.</param>
    /// <param name="kept">Folders of commands that still run, which are not removed.</param>
    internal WorkFolders(string root, bool keepsSpares, IReadOnlySet<string>? kept = null)
    {
        this.keepsSpares = keepsSpares;
        this.root = Path.GetFullPath(root);
        Directory.CreateDirectory(this.root);
        lock (UsersOfRoots)
        {
            var users = UsersOfRoots.GetValueOrDefault(this.root);
            UsersOfRoots[this.root] = users + 1;
            if (users > 0) return;
            foreach (var path in Directory.EnumerateDirectories(this.root, Prefix + "*"))
                if (kept?.Contains(path) != true && !FolderRemover.Remove(path, out var error) && FolderState.TryRead(path, onlyEmpty: false, out var state))
                    left.Add((path, Libc.Describe(error), state.Owner));
        }
    }

    /// <summary>
    /// The folders of an earlier process that could not be removed, with the reason and the owner of each.
    /// </summary>
    internal IReadOnlyList<(string Folder, string Reason, uint Owner)> Left => left;

    /// <summary>The number in the name of the latest folder.</summary>
    internal static long Last => Interlocked.Read(ref last);

    /// <summary>
    /// Continues the numbers of an earlier program of this process. A folder that is put away for reuse is renamed,
    /// which would replace an empty folder of the same name.
    /// </summary>
    internal static void ContinueFrom(long number) => Interlocked.Exchange(ref last, Math.Max(number, Last));

    /// <summary>
    /// Creates a fresh folder that only its owner can access. Returns null and an error number on failure.
    /// </summary>
    /// <param name="owner">The owner; null for this process's own user.</param>
    /// <param name="error">Receives the error number.</param>
    internal WorkFolder? Create(RunAsUser? owner, out int error)
    {
        error = 0;
        // A program that cleans up temporary folders may have removed it.
        while (spares.TryPop(out var spare))
            if (Libc.access(spare.Path, Libc.X_OK) == 0) return spare;
        var path = NextPath();
        while (Libc.mkdir(path, 0x1C0) < 0) // Mode 0700
        {
            error = Libc.LastError;
            if (error is not (Libc.EEXIST or Libc.EINTR)) return null;
            path = NextPath();
        }
        error = 0;
        if (owner is not null && Libc.chown(path, owner.Uid, owner.Gid) < 0)
        {
            error = Libc.LastError;
            _ = Libc.rmdir(path);
            return null;
        }
        _ = FolderState.TryRead(path, onlyEmpty: false, out var made);
        return new(path, made);
    }

    /// <summary>
    /// Puts an empty folder away for reuse, or removes it. Returns false if it must be removed with its contents.
    /// </summary>
    internal bool TryReturn(in WorkFolder folder)
    {
        if (!FolderState.TryRead(folder.Path, onlyEmpty: true, out var now)) return false;
        if (keepsSpares && now == folder.Made && spares.Count < SpareLimit)
        {
            var next = NextPath();
            if (Libc.rename(folder.Path, next) == 0)
            {
                spares.Push(folder with { Path = next });
                return true;
            }
        }
        return Libc.rmdir(folder.Path) == 0;
    }

    /// <summary>Removes the folders that were put away.</summary>
    public void Dispose()
    {
        while (spares.TryPop(out var spare)) _ = Libc.rmdir(spare.Path);
        lock (UsersOfRoots)
        {
            if (--UsersOfRoots[root] == 0) UsersOfRoots.Remove(root);
        }
    }

    private string NextPath() => string.Create(CultureInfo.InvariantCulture,
        $"{root}/{Prefix}{Environment.ProcessId:x}-{Interlocked.Increment(ref last):x}");
}

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
        var entries = new FolderEntries(folder, buffer, 512);
        return !entries.MoveNext() && entries.Error == 0;
    }
}
