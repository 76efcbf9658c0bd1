using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Files;

/// <summary>
/// The output files that are open for appending: the latest used ones stay open, up to a bound. A file in use is never
/// closed.
/// </summary>
internal sealed class OutputFileCache(string root, int capacity) : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<OutputKey, LinkedListNode<(OutputKey Key, OutputFile File)>> files = [];
    private readonly LinkedList<(OutputKey Key, OutputFile File)> byUse = [];
    private readonly bool[] spreadMade = new bool[256];

    /// <summary>How many files are open.</summary>
    internal int Count
    {
        get
        {
            lock (gate)
                return files.Count;
        }
    }

    /// <summary>
    /// Opens a file and holds it until <see cref="Return"/>; null when there is none and none is to be made.
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

    /// <summary>Gives a file back.</summary>
    internal void Return(OutputFile file)
    {
        lock (gate)
        {
            file.Users--;
            if (file.Detached && file.Users == 0)
                file.Dispose();
            var oldest = byUse.First;
            while (files.Count > capacity && oldest is not null)
            {
                var next = oldest.Next;
                if (oldest.Value.File.Users == 0)
                    Detach(oldest);
                oldest = next;
            }
        }
    }

    /// <summary>Closes the files of a task, or of one of its attempts.</summary>
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
        var mode = create ? FileMode.OpenOrCreate : FileMode.Open;
        return new OutputFile(PrivateFiles.OpenStream(path, mode));
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
