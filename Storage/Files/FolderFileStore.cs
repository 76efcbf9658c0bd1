using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Storage.Files;

/// <summary>
/// Files in a folder of one service: <c>ab/cdef…</c>, by the hexadecimal digits of their hashes. An upload is a file below <c>arriving</c>
/// that is flushed and then renamed, so that a file is there as a whole or not at all, whenever the process or the machine stops.
/// </summary>
public sealed class FolderFileStore : IFileStore
{
    // ENOSPC and EDQUOT.
    private const int DiskFull = 28, QuotaExceeded = 122;

    // From so many files on, one flush of the whole file system takes less time than one of each file.
    private const int ManyFiles = 16;
    private readonly string root;
    private readonly string arriving;
    private readonly long lowSpaceBytes;
    private readonly TimeProvider time;
    private readonly Action<FolderStep> before;
    private readonly ConcurrentDictionary<string, bool> own = new(StringComparer.Ordinal);
    private readonly bool[] foldersMade = new bool[IFileStore.Parts];
    private DriveInfo? drive;

    /// <summary>Creates a store. The folder is created with the first file.</summary>
    /// <param name="folder">The root of the files.</param>
    /// <param name="lowSpaceBytes">The free bytes on its disk that files leave to the task store; at most a tenth of the disk.</param>
    /// <param name="time">The clock.</param>
    public FolderFileStore(string folder, long lowSpaceBytes, TimeProvider time)
        : this(folder, lowSpaceBytes, time, static _ => { })
    {
    }

    /// <summary>Creates a store that calls a function before each step that may fail.</summary>
    internal FolderFileStore(string folder, long lowSpaceBytes, TimeProvider time, Action<FolderStep> before)
    {
        root = Path.GetFullPath(folder);
        arriving = Path.Combine(root, "arriving");
        this.lowSpaceBytes = lowSpaceBytes;
        this.time = time;
        this.before = before;
    }

    /// <inheritdoc/>
    public IFileUpload Begin() => new Upload(this);

    /// <inheritdoc/>
    public Task Publish(IReadOnlyList<IFileUpload> uploads) => Run(() =>
    {
        var all = uploads.Cast<Upload>().ToArray();
        foreach (var upload in all)
            upload.Finish(keepOpen: all.Length < ManyFiles);
        if (all.Length < ManyFiles)
            PublishFew(all);
        else
            PublishMany(all);
    });

    /// <inheritdoc/>
    public Task<Stream?> Open(FileName name, long offset = 0, CancellationToken cancellation = default)
    {
        try
        {
            before(FolderStep.Open);
            var file = OpenToRead(PathOf(name));
            file.Position = offset;
            return Task.FromResult<Stream?>(file);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return Task.FromException<Stream?>(Unavailable(fault));
        }
    }

    /// <inheritdoc/>
    public Task<long?> Length(FileName name) =>
        Task.FromResult<long?>(new FileInfo(PathOf(name)) is { Exists: true } file ? file.Length : null);

    /// <inheritdoc/>
    public Task Delete(FileName name) => Run(() =>
    {
        before(FolderStep.Delete);
        if (Directory.Exists(FolderOf(name.FirstByte)))
            File.Delete(PathOf(name));
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<FileName>> List(int part) => Task.Run(() =>
    {
        var names = ImmutableArray.CreateBuilder<FileName>();
        var folder = new DirectoryInfo(FolderOf(part));
        foreach (var file in folder.Exists ? folder.EnumerateFiles() : [])
        {
            if (FileName.TryParse($"sha256:{part:x2}{file.Name}", out var name))
                names.Add(name);
        }

        return names.DrainToImmutable();
    });

    /// <inheritdoc/>
    public async Task<int> DiscardLeft(TimeSpan silence)
    {
        var removed = 0;
        await Run(() =>
        {
            var oldest = (time.GetUtcNow() - silence).UtcDateTime;
            var folder = new DirectoryInfo(arriving);
            foreach (var left in folder.Exists ? folder.EnumerateFiles() : [])
            {
                if (own.ContainsKey(left.Name) || left.LastWriteTimeUtc > oldest)
                    continue;
                left.Delete();
                removed++;
            }
        }).ConfigureAwait(false);
        return removed;
    }

    private static FileStream OpenToRead(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0,
        Options = System.IO.FileOptions.SequentialScan,
    });

    private static Task Run(Action action) => Task.Run(() =>
    {
        try
        {
            action();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unavailable(fault);
        }
    });

    private static Exception Unavailable(Exception fault) => fault.HResult is DiskFull or QuotaExceeded
        ? new FileStoreFullException("The disk is full. Free some space on the data folder's disk.", fault)
        : new StoreUnavailableException("The disk failed to read or write a file.", fault);

    private void PublishFew(Upload[] uploads)
    {
        foreach (var upload in uploads)
        {
            before(FolderStep.Sync);
            upload.Sync();
        }

        var parts = new SortedSet<int>();
        foreach (var upload in uploads)
        {
            MakeFolder(upload.Seal().Name.FirstByte);
            MoveInPlace(upload);
            parts.Add(upload.Seal().Name.FirstByte);
        }

        foreach (var part in parts)
            SyncFolder(FolderOf(part));
    }

    // One flush for all bytes, and one for all names and folders.
    private void PublishMany(Upload[] uploads)
    {
        using var handle = FolderHandle.Open(root);
        before(FolderStep.Sync);
        handle.SyncFileSystem();
        foreach (var upload in uploads)
        {
            PrivateFiles.CreateFolder(FolderOf(upload.Seal().Name.FirstByte));
            MoveInPlace(upload);
        }

        before(FolderStep.SyncFolder);
        handle.SyncFileSystem();
    }

    private void MoveInPlace(Upload upload)
    {
        before(FolderStep.Rename);
        upload.MoveTo(PathOf(upload.Seal().Name));
    }

    private void MakeFolder(int part)
    {
        if (foldersMade[part])
            return;
        PrivateFiles.CreateFolder(FolderOf(part));
        SyncFolder(root);
        SyncFolder(Path.GetDirectoryName(root)!);
        foldersMade[part] = true;
    }

    private void SyncFolder(string folder)
    {
        before(FolderStep.SyncFolder);
        using var handle = FolderHandle.Open(folder);
        handle.Sync();
    }

    // Leaves the task store the space that it needs for ends and cancels.
    private void RequireSpace()
    {
        drive ??= new DriveInfo(root);
        if (drive.AvailableFreeSpace < Math.Min(lowSpaceBytes, drive.TotalSize / 10))
            throw new FileStoreFullException("The disk is nearly full. Free some space on the data folder's disk.");
    }

    private string FolderOf(int part) => Path.Combine(root, part.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));

    private string PathOf(FileName name) => Path.Combine(FolderOf(name.FirstByte), name.ToHex()[2..]);

    private sealed class Upload(FolderFileStore store) : IFileUpload
    {
        // Up to here, writing takes less time than a change of thread.
        private const int Small = 64 << 10;
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly string temporary = Guid.NewGuid().ToString("N");
        private readonly ArrayBufferWriter<byte> start = new(initialCapacity: 1);
        private SafeFileHandle? handle;
        private StoredFile? seal;
        private bool isMoved;

        // The number of bytes in the temporary file. A small file stays in memory until it is published: often it is stored already.
        private long written;

        public long Bytes { get; private set; }

        private string Place => Path.Combine(store.arriving, temporary);

        public async ValueTask Write(ReadOnlyMemory<byte> bytes)
        {
            if (seal is not null)
                throw new InvalidOperationException("The upload is sealed.");
            if (bytes.IsEmpty)
                return;
            if (handle is null && Bytes + bytes.Length <= Small)
            {
                hash.AppendData(bytes.Span);
                start.Write(bytes.Span);
                Bytes += bytes.Length;
                return;
            }

            // The disk and the processor work at the same time.
            var writing = bytes.Length > Small ? Run(() => WriteNow(bytes.Span)) : null;
            try
            {
                hash.AppendData(bytes.Span);
                if (writing is null)
                    WriteNow(bytes.Span);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw Unavailable(fault);
            }
            finally
            {
                if (writing is not null)
                    await writing.ConfigureAwait(false);
            }

            Bytes += bytes.Length;
        }

        public StoredFile Seal() => seal ??= new StoredFile(FileName.Read(hash.GetHashAndReset()), Bytes);

        public Stream Read()
        {
            try
            {
                return handle is null ? new MemoryStream(start.WrittenSpan.ToArray(), writable: false) : OpenToRead(Place);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw Unavailable(fault);
            }
        }

        public ValueTask DisposeAsync()
        {
            handle?.Dispose();
            hash.Dispose();
            if (handle is not null && !isMoved)
            {
                try
                {
                    File.Delete(Place);
                }
                catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
                {
                    // DiscardLeft removes it.
                }
            }

            store.own.TryRemove(temporary, out _);
            return ValueTask.CompletedTask;
        }

        /// <summary>Writes what is in memory only, and keeps the file open if it is to be flushed by itself.</summary>
        internal void Finish(bool keepOpen)
        {
            if (handle is null)
                WriteNow([]);
            if (!keepOpen)
                handle!.Dispose();
        }

        internal void Sync() => DiskSync.Sync(handle!);

        internal void MoveTo(string place)
        {
            handle!.Dispose();
            File.Move(Place, place, overwrite: true);
            isMoved = true;
        }

        private void WriteNow(ReadOnlySpan<byte> bytes)
        {
            if (handle is null)
            {
                Create();
                Append(start.WrittenSpan);
                start.Clear();
            }

            Append(bytes);
        }

        private void Append(ReadOnlySpan<byte> bytes)
        {
            if (bytes.IsEmpty)
                return;
            store.RequireSpace();
            store.before(FolderStep.Write);
            RandomAccess.Write(handle!, bytes, written);
            written += bytes.Length;
        }

        private void Create()
        {
            store.before(FolderStep.Create);
            store.own.TryAdd(temporary, true);
            PrivateFiles.CreateFolder(store.arriving);
            handle = PrivateFiles.OpenHandle(Place);
        }
    }
}

/// <summary>The steps of a folder of files that may fail.</summary>
internal enum FolderStep
{
    Create,
    Write,
    Sync,
    Rename,
    SyncFolder,
    Open,
    Delete,
}
