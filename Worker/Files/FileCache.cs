using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OrleansTasks.Processing.Files;
using OrleansTasks.Worker.Agent;

namespace OrleansTasks.Worker.Files;

/// <summary>
/// The inputs of attempts that this worker has fetched, by name. The folder is the worker's own. Files that are in use stay; of the others,
/// the least recently used are removed when there are more bytes than <c>capacity</c>.
/// </summary>
/// <remarks>
/// Each file is in one of three states, which change under the file's own turn:
/// <code>
/// absent ──fetched, and the hash is right──► ready ──removed──► absent
///    ▲                                        ▲
///    └──wrong── unverified ──hash is right────┘      found at the start, after an end that was not clean
/// </code>
/// An end is clean if the worker has closed the cache, and the machine has not started anew since: what a machine had not written to its
/// disk when it crashed is lost.
/// </remarks>
[SuppressMessage("Interoperability", "CA1416", Justification = "Workers run on Linux.")]
internal sealed class FileCache : IDisposable
{
    private const UnixFileMode OwnersFolder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    /// <summary>The name of the folder in which files are written until they are complete.</summary>
    internal const string NewName = "new";

    private const string CleanMark = "clean";

    private readonly Lock gate = new();
    private readonly Dictionary<FileName, Entry> entries = [];
    private readonly LinkedList<Entry> unused = new();
    private readonly TimeProvider time;
    private readonly long capacity;
    private readonly string folder;
    private readonly string mark;
    private long used;
    private long lastNew;
    private bool isClosed;

    private FileCache(string folder, long capacity, TimeProvider time, string machineStart)
    {
        (this.folder, this.capacity, this.time, mark) = (Path.GetFullPath(folder), capacity, time, machineStart);
        MakeFolder(this.folder);
        // Left from an earlier run, perhaps with other permissions.
        File.SetUnixFileMode(this.folder, OwnersFolder);
        MakeFolder(FilesFolder);
        MakeFolder(NewFolder);
        foreach (var left in Directory.EnumerateFiles(NewFolder))
            Remove(left);
    }

    /// <summary>Where files are written until they are complete.</summary>
    internal string NewFolder => Path.Combine(folder, NewName);

    /// <summary>The bytes of all files, those that are being fetched included.</summary>
    internal long UsedBytes
    {
        get
        {
            lock (gate)
                return used;
        }
    }

    private string FilesFolder => Path.Combine(folder, "files");

    /// <summary>Opens the cache, and removes what an earlier run has left unfinished.</summary>
    /// <param name="folder">The cache's folder; created if it is missing.</param>
    /// <param name="capacity">The most bytes that files which are not in use may have.</param>
    /// <param name="time">The clock for waits and for the order of use.</param>
    /// <param name="machineStart">Identifies this start of the machine.</param>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    internal static FileCache Open(string folder, long capacity, TimeProvider time, string machineStart)
    {
        var cache = new FileCache(folder, capacity, time, machineStart);
        cache.ReadFolder();
        return cache;
    }

    /// <summary>
    /// Returns an input, which stays until the result is disposed. If it is not there, fetches it; several that need the same file wait
    /// for one fetch.
    /// </summary>
    /// <param name="name">The file's name.</param>
    /// <param name="size">Its size in bytes.</param>
    /// <param name="fetch">Fetches files that are not there.</param>
    /// <param name="cancellation">Ends the fetch. Another one that waits for the file then fetches it.</param>
    /// <exception cref="FilePlaneException">The file cannot be had; the message says why.</exception>
    internal async Task<CachedFile> TakeAsync(FileName name, long size, FileFetch fetch, CancellationToken cancellation)
    {
        var entry = Hold(name);
        try
        {
            await entry.Turn.WaitAsync(cancellation);
            try
            {
                if (entry.State == FileState.Ready && !File.Exists(PathOf(name)))
                    Forget(entry);
                if (entry.State == FileState.Unverified)
                    await VerifyAsync(entry, cancellation);
                if (entry.State == FileState.Absent)
                    await FetchAsync(entry, size, fetch, cancellation);
            }
            finally
            {
                entry.Turn.Release();
            }

            if (entry.Bytes != size)
                throw new FilePlaneException($"{name} has {entry.Bytes} bytes, not {size}");
            return new CachedFile(PathOf(name), size, () => LetGo(entry));
        }
        catch
        {
            LetGo(entry);
            throw;
        }
    }

    /// <summary>Whether the cache has a file, also one that it would have to verify.</summary>
    internal bool Has(FileName name)
    {
        lock (gate)
            return entries.TryGetValue(name, out var entry) && entry.State != FileState.Absent;
    }

    /// <summary>
    /// Returns small inputs that nobody has needed yet, which it fetches with one call. They stay until the results are
    /// disposed. Null for each input that is there or on its way already, or that did not come:
    /// <see cref="TakeAsync"/> returns these.
    /// </summary>
    /// <param name="files">The names of the files, and their sizes in bytes.</param>
    /// <param name="fetch">Fetches files.</param>
    /// <param name="cancellation">Ends the fetch.</param>
    internal async Task<CachedFile?[]> TakeTogetherAsync(
        IReadOnlyList<(FileName Name, int Size)> files, FileFetch fetch, CancellationToken cancellation)
    {
        var taken = new CachedFile?[files.Count];
        var (numbers, claims, bytes) = (new List<int>(files.Count), new List<Entry>(files.Count), 0L);
        for (var i = 0; i < files.Count; i++)
        {
            if (HoldNew(files[i].Name) is not { } entry)
                continue;
            numbers.Add(i);
            claims.Add(entry);
            bytes += files[i].Size;
        }

        if (claims.Count == 0)
            return taken;
        lock (gate)
        {
            used += bytes;
            Trim(capacity);
        }

        try
        {
            await fetch.TogetherAsync(
                [.. numbers.Select(i => files[i])],
                (number, content) =>
                {
                    var entry = claims[number];
                    Keep(entry, content.Span);
                    bytes -= content.Length;
                    taken[numbers[number]] = new CachedFile(PathOf(entry.Name), content.Length, () => LetGo(entry));
                }, cancellation);
        }
        catch
        {
            foreach (var file in taken)
                file?.Dispose();
            throw;
        }
        finally
        {
            lock (gate)
                used -= bytes;
            foreach (var entry in claims)
            {
                // Once the turn is over, somebody who waited may fetch the file.
                var isAbsent = entry.State == FileState.Absent;
                entry.Turn.Release();
                if (isAbsent)
                    LetGo(entry);
            }
        }

        return taken;
    }

    /// <summary>Removes files that are not in use until this many bytes are free in the cache, or none of them is left.</summary>
    internal void MakeRoom(long bytes)
    {
        lock (gate)
            Trim(Math.Max(0, capacity - bytes));
    }

    /// <summary>Closes the cache; the next run trusts its files.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (isClosed)
                return;
            isClosed = true;
            if (entries.Count == 0)
                return;
        }

        try
        {
            // Not synced: it counts only until the machine stops.
            File.WriteAllText(Path.Combine(folder, CleanMark), mark);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The next run verifies the files.
        }
    }

    private string PathOf(FileName name)
    {
        var hex = name.ToHex();
        return $"{FilesFolder}/{hex[..2]}/{hex[2..]}";
    }

    private static void MakeFolder(string path) => Directory.CreateDirectory(path, OwnersFolder);

    private void ReadFolder()
    {
        var clean = Path.Combine(folder, CleanMark);
        var isTrusted = File.Exists(clean) && File.ReadAllText(clean) == mark;
        File.Delete(clean);
        var found = new List<(FileInfo File, FileName Name)>();
        foreach (var file in new DirectoryInfo(FilesFolder).EnumerateFiles("*", SearchOption.AllDirectories))
        {
            if (FileName.TryParse($"sha256:{file.Directory!.Name}{file.Name}", out var name) && file.LinkTarget is null
                && file.FullName == PathOf(name))
                found.Add((file, name));
            else
                file.Delete();
        }

        foreach (var (file, name) in found.OrderBy(static one => one.File.LastWriteTimeUtc))
        {
            var entry = new Entry(name) { State = isTrusted ? FileState.Ready : FileState.Unverified, Bytes = file.Length };
            entry.Place = unused.AddLast(entry);
            entries.Add(name, entry);
            used += file.Length;
        }

        Trim(capacity);
    }

    private Entry Hold(FileName name)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isClosed, this);
            if (!entries.TryGetValue(name, out var entry))
                entries.Add(name, entry = new(name));
            entry.Users++;
            if (entry.Place is { } place)
                unused.Remove(place);
            entry.Place = null;
            return entry;
        }
    }

    /// <summary>Holds a file and its turn, if the cache does not know it yet.</summary>
    private Entry? HoldNew(FileName name)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isClosed, this);
            if (entries.ContainsKey(name))
                return null;
            var entry = new Entry(name) { Users = 1 };
            entry.Turn.Wait(0);
            entries.Add(name, entry);
            return entry;
        }
    }

    private void LetGo(Entry entry)
    {
        lock (gate)
        {
            if (--entry.Users > 0)
                return;
            if (entry.State == FileState.Absent)
            {
                entries.Remove(entry.Name);
                return;
            }

            entry.Place = unused.AddLast(entry);
            Touch(PathOf(entry.Name));
            Trim(capacity);
        }
    }

    // The order of use, for the next run.
    private void Touch(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The file only seems older than it is.
        }
    }

    private void Trim(long most)
    {
        while (used > most && unused.First is { Value: var oldest })
        {
            unused.RemoveFirst();
            oldest.Place = null;
            entries.Remove(oldest.Name);
            used -= oldest.Bytes;
            Remove(PathOf(oldest.Name));
        }
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Found again by the next run.
        }
    }

    /// <summary>Hashes a file that an earlier run has left. If the hash is wrong, the file is absent.</summary>
    private async Task VerifyAsync(Entry entry, CancellationToken cancellation)
    {
        FileName? found = null;
        await Elsewhere.Run(() =>
        {
            try
            {
                using var file = File.OpenHandle(PathOf(entry.Name));
                found = FileBlocks.Hash(file, RandomAccess.GetLength(file), cancellation);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // It is fetched.
            }
        });
        if (found == entry.Name)
        {
            entry.State = FileState.Ready;
            return;
        }

        Remove(PathOf(entry.Name));
        Forget(entry);
    }

    private void Forget(Entry entry)
    {
        lock (gate)
            (used, entry.State, entry.Bytes) = (used - entry.Bytes, FileState.Absent, 0);
    }

    private async Task FetchAsync(Entry entry, long size, FileFetch fetch, CancellationToken cancellation)
    {
        var path = NewPath();
        lock (gate)
        {
            used += size;
            Trim(capacity);
        }

        try
        {
            await fetch.ToFileAsync(entry.Name, size, path, this, cancellation);
            Complete(entry, path, size);
        }
        catch (Exception failure)
        {
            Remove(path);
            lock (gate)
                used -= size;
            if (failure is UnauthorizedAccessException or IOException and not FilePlaneException)
                throw new FilePlaneException($"{entry.Name} cannot be kept: {failure.Message}", failure);
            throw;
        }
    }

    private void Keep(Entry entry, ReadOnlySpan<byte> content)
    {
        var path = NewPath();
        try
        {
            using (var file = FileFetch.Create(path))
                RandomAccess.Write(file, content, 0);
            Complete(entry, path, content.Length);
        }
        catch
        {
            Remove(path);
            throw;
        }
    }

    private string NewPath() =>
        Path.Combine(NewFolder, Interlocked.Increment(ref lastNew).ToString(CultureInfo.InvariantCulture));

    private void Complete(Entry entry, string path, long size)
    {
        var final = PathOf(entry.Name);
        MakeFolder(Path.GetDirectoryName(final)!);
        File.Move(path, final, overwrite: true);
        (entry.State, entry.Bytes) = (FileState.Ready, size);
    }

    private sealed class Entry(FileName name)
    {
        internal FileName Name { get; } = name;

        /// <summary>Held while the file is fetched or verified.</summary>
        internal SemaphoreSlim Turn { get; } = new(1);

        internal FileState State { get; set; }

        internal long Bytes { get; set; }

        internal int Users { get; set; }

        /// <summary>Its place among the files that are not in use; null if it is in use.</summary>
        internal LinkedListNode<Entry>? Place { get; set; }
    }

    private enum FileState
    {
        Absent,
        Unverified,
        Ready,
    }
}
