using System.Runtime.InteropServices;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Files;

/// <summary>
/// The output files that are open for appending. The most recently used ones stay open, up to a capacity. A file in use
/// is never closed. A file with unsynced bytes is closed only after a sync, because the system may forget a write error
/// when the last descriptor is closed.
/// </summary>
internal sealed class OutputFileCache(string root, int capacity, Action<SafeHandle> flush) : IDisposable
{
    /// <summary>
    /// The maximum number of remembered keys. Beyond it, every file counts as synced by this process: workers send
    /// again what an earlier process left unsynced soon after the start, long before this number is reached.
    /// </summary>
    private const int MostOurs = 100_000;

    private readonly Lock gate = new();
    private readonly Dictionary<OutputKey, LinkedListNode<(OutputKey Key, OutputFile File)>> files = [];
    private readonly LinkedList<(OutputKey Key, OutputFile File)> byUse = [];
    private readonly HashSet<OutputKey> ours = [];
    private readonly bool[] spreadMade = new bool[256];

    internal int Count
    {
        get
        {
            lock (gate)
                return files.Count;
        }
    }

    /// <summary>
    /// Opens a file until <see cref="Return"/>. Returns null if there is none and <paramref name="create"/> is false.
    /// </summary>
    internal OutputFile? Rent(OutputKey key, bool create)
    {
        lock (gate)
        {
            if (files.TryGetValue(key, out var node))
            {
                byUse.Remove(node);
                byUse.AddLast(node);
            }
            else if (Open(key, create) is { } opened)
                files[key] = node = byUse.AddLast((key, opened));
            else
                return null;
            node.Value.File.Users++;
            return node.Value.File;
        }
    }

    /// <summary>Ends the use of a file. Syncs and closes the least recently used files if too many are open.</summary>
    internal void Return(OutputFile file)
    {
        for (var next = Release(file); next is not null; next = Release(next))
        {
            try
            {
                next.Sync(atLeast: 0);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The file was truncated. Callers whose bytes were cut get an error from their own sync.
            }
        }
    }

    /// <summary>Closes the files of a task, or of the attempt with the given token.</summary>
    internal void Close(TaskId task, LeaseToken? token)
    {
        lock (gate)
        {
            for (var node = byUse.First; node is not null;)
            {
                var next = node.Next;
                if (node.Value.Key.Task == task && (token is null || node.Value.Key.Token == token))
                    Detach(node);
                node = next;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            while (byUse.First is { } node)
                Detach(node);
        }
    }

    /// <summary>
    /// Ends one use and closes unused synced files beyond the capacity. If too many remain open, returns an unsynced
    /// one, in use, that the caller must sync and release.
    /// </summary>
    private OutputFile? Release(OutputFile file)
    {
        lock (gate)
        {
            file.Users--;
            if (file.Detached && file.Users == 0)
                file.Dispose();
            OutputFile? unsynced = null;
            for (var node = byUse.First; node is not null && files.Count > capacity;)
            {
                var next = node.Next;
                if (node.Value.File.Users == 0)
                {
                    if (node.Value.File.IsSynced)
                        Leave(node);
                    else
                        unsynced ??= node.Value.File;
                }

                node = next;
            }

            if (files.Count <= capacity || unsynced is null)
                return null;
            unsynced.Users++;
            return unsynced;
        }
    }

    private void Leave(LinkedListNode<(OutputKey Key, OutputFile File)> node)
    {
        if (node.Value.File.IsOurs)
            ours.Add(node.Value.Key);
        else
            ours.Remove(node.Value.Key);
        Detach(node);
    }

    private void Detach(LinkedListNode<(OutputKey Key, OutputFile File)> node)
    {
        byUse.Remove(node);
        files.Remove(node.Value.Key);
        node.Value.File.Detached = true;
        if (node.Value.File.Users == 0)
            node.Value.File.Dispose();
    }

    private OutputFile? Open(OutputKey key, bool create)
    {
        var path = Path.Combine(root, key.RelativePath);
        if (!create && !File.Exists(path))
            return null;
        if (create)
            MakeFolder(key);
        var file = new OutputFile(mode => PrivateFiles.OpenStream(path, mode), flush, ours.Contains(key) || ours.Count >= MostOurs);
        return file.Open(create ? FileMode.OpenOrCreate : FileMode.Open);
    }

    private void MakeFolder(OutputKey key)
    {
        var folder = Path.Combine(root, OutputKey.FolderOf(key.Task));
        var spread = (int)(key.Task.Low & 0xff);
        if (!spreadMade[spread])
        {
            PrivateFiles.CreateFolder(Path.GetDirectoryName(folder)!);
            Sync(root);
            Sync(Path.GetDirectoryName(root)!);
            spreadMade[spread] = true;
        }

        PrivateFiles.CreateFolder(folder);
    }

    private static void Sync(string folder)
    {
        using var handle = FolderHandle.Open(folder);
        handle.Sync();
    }
}
