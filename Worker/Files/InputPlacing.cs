using System.Buffers;
using System.Text;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Files;

/// <summary>
/// Puts inputs into the working folder of a command that has not started. Other tasks of the same user may be in the folder already, so
/// everything is created below the folder, with that user's rights alone, and where nothing is yet.
/// </summary>
internal sealed unsafe class InputPlacing : IDisposable
{
    private const int FolderMode = 0x1C0; // 0700
    private const uint PlainMode = 0x180, ExecutableMode = 0x1C0; // 0600 and 0700
    /// <summary>Up to this size a plain copy is the fastest.</summary>
    private const int SmallSize = 64 * 1024;

    private const int MostWaits = 1_000;
    private const int CopyStep = 16 * 1024 * 1024;

    private readonly BeneathFolder folder;
    private readonly RunAsUser? user;
    private Action? makeRoom;
    private readonly HashSet<string> made = new(StringComparer.Ordinal);
    private string parent = "";
    private bool clones = true;
    private int parentDescriptor;

    private InputPlacing(BeneathFolder folder, RunAsUser? user, Action? makeRoom) =>
        (this.folder, this.user, this.makeRoom, parentDescriptor) =
            (folder, user, makeRoom, folder.Open([0], Libc.O_PATH | Libc.O_DIRECTORY));

    /// <summary>Puts inputs into a folder. Returns why that failed, as a sentence without its end; null if all are there.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="user">The command's user, to whom everything belongs; null for this process's own user.</param>
    /// <param name="inputs">The inputs, each with its file in the cache.</param>
    /// <param name="cancellation">Ends the copying.</param>
    /// <param name="stepByStep">As of <see cref="BeneathFolder.Open(string, out int, bool)"/>.</param>
    /// <param name="makeRoom">Removes what can be spared from the disk. Called once, if the disk is full.</param>
    internal static string? Put(
        string path, RunAsUser? user, IEnumerable<(WorkerInput Input, string Source)> inputs, CancellationToken cancellation,
        bool stepByStep = false, Action? makeRoom = null)
    {
        using var folder = BeneathFolder.Open(path, out var error, stepByStep);
        if (folder is null)
            return $"the working folder cannot be opened: {Libc.Describe(error)}";
        using var placing = new InputPlacing(folder, user, makeRoom);
        foreach (var (input, source) in inputs)
        {
            cancellation.ThrowIfCancellationRequested();
            var fault = FolderPath.FindFault(input.Path) is { } bad ? $"its path {bad}" : placing.Put(input, source, cancellation);
            if (fault is not null)
                return $"the input '{input.Path}' cannot be put into the working folder: {fault}";
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptors.Close(ref parentDescriptor);

    private string? Put(WorkerInput input, string source, CancellationToken cancellation)
    {
        // With the worker's own rights: no task can read the cache.
        var from = Libc.open(source, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC);
        if (from < 0)
            return Failure();
        try
        {
            var to = Create(input, out var fault);
            if (to < 0)
                return fault;
            try
            {
                fault = Copy(from, to, input.Size, cancellation);
            }
            finally
            {
                if (Libc.close(to) < 0)
                    fault ??= Failure();
            }

            if (fault is null && input.IsExecutable)
                AwaitExecutable(input.Path);
            return fault;
        }
        finally
        {
            _ = Libc.close(from);
        }
    }

    private int Create(WorkerInput input, out string? fault)
    {
        int created, error;
        do
        {
            created = TryCreate(input, out error);
        }
        while (created < 0 && TryMakeRoom(error));
        fault = created < 0 ? Failure(error) : null;
        return created;
    }

    private int TryCreate(WorkerInput input, out int error)
    {
        using var rights = user is null ? default : OwnerRights.Take(user);
        var slash = input.Path.LastIndexOf('/');
        var created = -1;
        if (TryEnter(slash < 0 ? "" : input.Path[..slash]))
            fixed (byte* name = Terminated(input.Path.AsSpan(slash + 1)))
                created = Libc.openat(parentDescriptor, name, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC,
                    (int)(input.IsExecutable ? ExecutableMode : PlainMode));
        // Read here, because giving the rights back overwrites it.
        error = created < 0 ? Libc.LastError : 0;
        return created;
    }

    /// <summary>
    /// Makes room if a call failed because the disk is full. Returns whether to repeat the call. Called with the
    /// worker's own rights. If another user's quota is exhausted, removing files of the worker does not help.
    /// </summary>
    private bool TryMakeRoom(int error)
    {
        if (makeRoom is not { } make || !(error == Libc.ENOSPC || (error == Libc.EDQUOT && user is null)))
            return false;
        makeRoom = null;
        make();
        return true;
    }

    /// <summary>
    /// Waits until no process has a new program open for writing, since nobody could start it (ETXTBSY). A process that another thread has
    /// just created has copies of this one's descriptors until it starts its own program. A lease for reading tells.
    /// </summary>
    private void AwaitExecutable(string path)
    {
        using var rights = user is null ? default : OwnerRights.Take(user);
        fixed (byte* name = Terminated(path.AsSpan(path.LastIndexOf('/') + 1)))
        {
            var descriptor = Libc.openat(parentDescriptor, name, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0);
            if (descriptor < 0)
                return;
            for (var tries = 0; tries < MostWaits && Libc.fcntl(descriptor, Libc.F_SETLEASE, Libc.F_RDLCK) < 0 && Libc.LastError == Libc.EAGAIN; tries++)
                _ = Libc.poll(null, 0, 1);
            // Closing it ends the lease.
            _ = Libc.close(descriptor);
        }
    }

    /// <summary>Makes a folder below the working folder the one in which files are created.</summary>
    private bool TryEnter(string path)
    {
        if (parentDescriptor >= 0 && path == parent)
            return true;
        for (var end = 0; end < path.Length && !made.Contains(path);)
        {
            var start = end == 0 ? 0 : end + 1;
            var next = path.IndexOf('/', start);
            end = next < 0 ? path.Length : next;
            if (made.Contains(path[..end]))
                continue;
            if (!TryOpen(start == 0 ? "" : path[..(start - 1)]))
                return false;
            fixed (byte* name = Terminated(path.AsSpan(start, end - start)))
                if (Libc.mkdirat(parentDescriptor, name, FolderMode) < 0 && Libc.LastError != Libc.EEXIST)
                    return false;
            made.Add(path[..end]);
        }

        return TryOpen(path);
    }

    private bool TryOpen(string path)
    {
        Descriptors.Close(ref parentDescriptor);
        parentDescriptor = folder.Open(Terminated(path), Libc.O_PATH | Libc.O_DIRECTORY);
        parent = path;
        return parentDescriptor >= 0;
    }

    /// <summary>Copies a file, by sharing its blocks where the file system can. Returns why that failed.</summary>
    private string? Copy(int from, int to, long size, CancellationToken cancellation)
    {
        if (size <= SmallSize)
            return CopyBlocks(from, to, size, 0, cancellation);
        if (clones && Libc.TryClone(to, from))
            return SizeFault(to, size);
        clones = false;
        long copied = 0;
        while (copied < size)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = Libc.copy_file_range(from, null, to, null, (nuint)Math.Min(CopyStep, size - copied), 0);
            if (count < 0 && Libc.LastError is Libc.EINTR)
                continue;
            if (count < 0 && Libc.LastError is Libc.EXDEV or Libc.EINVAL or Libc.ENOSYS or Libc.EOPNOTSUPP)
                return CopyBlocks(from, to, size, copied, cancellation);
            var error = count < 0 ? Libc.LastError : 0;
            if (count < 0 && !TryMakeRoom(error))
                return Failure(error);
            if (count == 0)
                break;
            copied += Math.Max(0, count);
        }

        return SizeFault(to, size);
    }

    private string? CopyBlocks(int from, int to, long size, long copied, CancellationToken cancellation)
    {
        var block = ArrayPool<byte>.Shared.Rent(FileBlocks.Size);
        try
        {
            fixed (byte* start = block)
            {
                while (copied < size)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var count = Libc.pread(from, start, (nuint)Math.Min(FileBlocks.Size, size - copied), copied);
                    if (count > 0)
                        count = Libc.pwrite(to, start, (nuint)count, copied);
                    var error = count < 0 ? Libc.LastError : 0;
                    if (count < 0 && error != Libc.EINTR && !TryMakeRoom(error))
                        return Failure(error);
                    if (count == 0)
                        break;
                    copied += Math.Max(0, count);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(block);
        }

        return SizeFault(to, size);
    }

    private static string? SizeFault(int file, long size)
    {
        Libc.FileStatus status;
        byte nothing = 0;
        if (Libc.statx(file, &nothing, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &status) < 0)
            return Failure();
        return status.Size == (ulong)size ? null : $"the cached file has {status.Size} bytes, not {size}";
    }

    private static string Failure() => Failure(Libc.LastError);

    private static string Failure(int error) => error switch
    {
        Libc.EEXIST => "something else has this path",
        Libc.ELOOP => "a part of its path is a symbolic link",
        Libc.ENOTDIR => "a part of its path is not a folder",
        _ => Libc.Describe(error),
    };

    private static byte[] Terminated(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        _ = Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
