using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Files;

/// <summary>
/// Stores output in append-only files below one folder: <c>ab/TASK/ATTEMPT-TOKEN.out</c>, <c>.err</c> and <c>.idx</c>,
/// where <c>ab</c> is the last two hexadecimal digits of the task's id.
/// </summary>
public sealed class FileOutputStore : IOutputStore, IDisposable
{
    // ENOSPC and EDQUOT.
    private const int DiskFull = 28, QuotaExceeded = 122;
    private readonly string root;
    private readonly OutputFileCache files;
    private readonly Action<string> syncFolder;

    /// <summary>Creates a store. The folder is created with the first output.</summary>
    /// <param name="folder">The root of the files.</param>
    /// <param name="openFiles">The maximum number of files kept open for appending.</param>
    public FileOutputStore(string folder, int openFiles)
        : this(folder, openFiles, DiskSync.Sync)
    {
    }

    /// <summary>Creates a store that syncs files and their folders with the given functions.</summary>
    internal FileOutputStore(string folder, int openFiles, Action<SafeHandle> flush, Action<string>? syncFolder = null)
    {
        this.syncFolder = syncFolder ?? SyncFolder;
        root = Path.GetFullPath(folder);
        files = new OutputFileCache(root, openFiles, flush);
    }

    /// <summary>The number of files currently open for appending.</summary>
    public int OpenFiles => files.Count;

    /// <inheritdoc/>
    public Task Append(
        TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, ReadOnlyMemory<byte> bytes) =>
            Guard(() =>
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var key = new OutputKey(task, attempt, token, stream);
        if (files.Rent(key, create: offset == 0 && !bytes.IsEmpty) is not { } file)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, 0);
            return;
        }

        try
        {
            file.Append(offset, bytes.Span);
        }
        finally
        {
            files.Return(file);
        }
    });

    /// <inheritdoc/>
    public Task Sync(TaskId task, int attempt, LeaseToken token, long stdout = 0, long stderr = 0) => Task.Run(() => Guard(() =>
    {
        SyncFile(new OutputKey(task, attempt, token, OutputStream.Stdout), stdout);
        SyncFile(new OutputKey(task, attempt, token, OutputStream.Stderr), stderr);
    }));

    /// <inheritdoc/>
    public Task<long> Length(TaskId task, int attempt, LeaseToken token, OutputStream stream)
    {
        var length = 0L;
        var done = Guard(() =>
        {
            var file = new FileInfo(PathOf(new OutputKey(task, attempt, token, stream)));
            length = file.Exists ? file.Length : 0;
        });
        return done.IsCompletedSuccessfully
            ? Task.FromResult(length)
            : Task.FromException<long>(done.Exception!.InnerException!);
    }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> Read(
        TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, int count)
    {
        var page = ReadOnlyMemory<byte>.Empty;
        var done = Guard(() =>
        {
            ArgumentOutOfRangeException.ThrowIfNegative(offset);
            ArgumentOutOfRangeException.ThrowIfNegative(count);
            page = ReadPage(PathOf(new OutputKey(task, attempt, token, stream)), offset, count);
        });
        return done.IsCompletedSuccessfully
            ? Task.FromResult(page)
            : Task.FromException<ReadOnlyMemory<byte>>(done.Exception!.InnerException!);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<OutputFiles>> List(int part) => Task.Run(() =>
    {
        var found = new HashSet<OutputFiles>();
        var done = Guard(() =>
        {
            var folder = new DirectoryInfo(Path.Combine(root, OutputKey.FolderOf(part)));
            foreach (var folderOfTask in folder.Exists ? folder.EnumerateDirectories() : [])
            {
                if (!TaskId.TryParse(folderOfTask.Name, out var task))
                    continue;
                try
                {
                    foreach (var file in folderOfTask.EnumerateFiles())
                    {
                        if (OutputKey.TryParse(task, file.Name) is { } files)
                            found.Add(files);
                    }
                }
                catch (DirectoryNotFoundException)
                {
                    // The task's output was deleted during the listing.
                }
            }
        });
        return done.IsCompletedSuccessfully
            ? Task.FromResult<ImmutableArray<OutputFiles>>([.. found])
            : Task.FromException<ImmutableArray<OutputFiles>>(done.Exception!.InnerException!);
    });

    /// <inheritdoc/>
    public Task Delete(TaskId task, int attempt, LeaseToken token) => Task.Run(() => Guard(() =>
    {
        files.Close(task, token);
        var folder = Path.Combine(root, OutputKey.FolderOf(task));
        if (!Directory.Exists(folder))
            return;
        File.Delete(PathOf(new OutputKey(task, attempt, token, OutputStream.Stdout)));
        File.Delete(PathOf(new OutputKey(task, attempt, token, OutputStream.Stderr)));
        File.Delete(PathOf(new OutputKey(task, attempt, token, OutputStream.Marks)));
        if (!Directory.EnumerateFileSystemEntries(folder).Any())
            Directory.Delete(folder);
    }));

    /// <inheritdoc/>
    public Task Delete(TaskId task) => Task.Run(() => Guard(() =>
    {
        files.Close(task, null);
        var folder = Path.Combine(root, OutputKey.FolderOf(task));
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }));

    /// <inheritdoc/>
    public void Dispose() => files.Dispose();

    private static Task Guard(Action action)
    {
        try
        {
            action();
            return Task.CompletedTask;
        }
        catch (ArgumentOutOfRangeException e)
        {
            return Task.FromException(e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = e.HResult is DiskFull or QuotaExceeded
                ? "The disk is full: cannot write output. Free some space on the data folder's disk."
                : "The disk failed to read or write output.";
            return Task.FromException(new StoreUnavailableException(reason, e));
        }
    }

    private static ReadOnlyMemory<byte> ReadPage(string path, long offset, int count)
    {
        if (!File.Exists(path))
            return default;
        using var file = OpenUnlessDeleted(path);
        if (file is null)
            return default;
        var available = Math.Clamp(RandomAccess.GetLength(file) - offset, 0, count);
        if (available == 0)
            return default;
        var page = new byte[available];
        var read = 0;
        while (read < page.Length && RandomAccess.Read(file, page.AsSpan(read), offset + read) is var more and > 0)
            read += more;
        return page.AsMemory(0, read);
    }

    private static SafeFileHandle? OpenUnlessDeleted(string path)
    {
        try
        {
            return File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static void SyncFolder(string folder)
    {
        using var handle = FolderHandle.Open(folder);
        handle.Sync();
    }

    private string PathOf(OutputKey key) => Path.Combine(root, key.RelativePath);

    private void SyncFile(OutputKey key, long atLeast)
    {
        if (files.Rent(key, create: false) is not { } file)
            return;
        try
        {
            file.Sync(atLeast);
            if (file.IsNamed)
                return;
            // The first sync of an opened file also makes its name durable: the task's folder and the one above it.
            var folder = Path.Combine(root, OutputKey.FolderOf(key.Task));
            syncFolder(folder);
            syncFolder(Path.GetDirectoryName(folder)!);
            file.IsNamed = true;
        }
        finally
        {
            files.Return(file);
        }
    }
}
