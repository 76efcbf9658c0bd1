using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Silo.Files;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// Finds the files that a task's command gets: those that its spec names, and the artifacts of other tasks that its
/// patterns match. It remembers the answer for each attempt, because the worker then asks for one file after the other.
/// </summary>
internal sealed class TaskInputs(ITaskStore tasks, IFileIndex index, UrlFiles? urls = null)
{
    private const int MostRemembered = 1_000;
    private const int MostRememberedFiles = 500_000;
    private const int MostChunks = 10_000;
    private readonly ConcurrentDictionary<LeaseRef, FoundInputs> known = new();

    private readonly ArtifactSearch artifacts = new(tasks, index);

    // The chunks that were sent to workers and that read a stored file. No store has their leases. When there are too
    // many, the oldest are forgotten; their workers give them back.
    private readonly ConcurrentDictionary<LeaseRef, FileName> chunks = new();
    private readonly ConcurrentQueue<LeaseRef> chunksByAge = new();

    // At least the number of files that are remembered.
    private int remembered;

    /// <summary>
    /// Returns the inputs of an attempt. Throws <see cref="StoreUnavailableException"/> if the store cannot be read.
    /// </summary>
    internal async ValueTask<FoundInputs> Of(LeaseRef lease, TaskSpec? spec = null)
    {
        if (known.TryGetValue(lease, out var found))
            return found;
        spec ??= await tasks.ReadSpecs([lease.Task]) is [var stored] ? TaskSpecReader.ReadStored(stored.Spec.Span, default) : null;
        found = spec is null ? FoundInputs.Without("The task is not stored any more.") : await Find(spec);
        if (found.IsPending)
            return found;
        // An end is told by the worker that had the attempt; what another silo served stays until the table is full.
        if (known.Count >= MostRemembered || Interlocked.Add(ref remembered, found.Files.Length) > MostRememberedFiles)
        {
            known.Clear();
            Volatile.Write(ref remembered, found.Files.Length);
        }

        return known[lease] = found;
    }

    /// <summary>Lets the worker of a chunk fetch the file that the chunk reads.</summary>
    internal void Allow(LeaseRef chunk, FileName name)
    {
        if (chunks.TryAdd(chunk, name))
            chunksByAge.Enqueue(chunk);
        while (chunksByAge.Count > MostChunks && chunksByAge.TryDequeue(out var oldest))
            chunks.TryRemove(oldest, out _);
    }

    /// <summary>Returns the file that a chunk's worker may fetch; null if the lease is not that of such a chunk.</summary>
    internal FileName? OfChunk(LeaseRef chunk) => chunks.TryGetValue(chunk, out var name) ? name : null;

    /// <summary>Forgets an attempt that has ended.</summary>
    internal void Forget(LeaseRef lease)
    {
        chunks.TryRemove(lease, out _);
        if (known.TryRemove(lease, out var found))
            Interlocked.Add(ref remembered, -found.Files.Length);
    }

    private async Task<FoundInputs> Find(TaskSpec spec)
    {
        var named = spec.NamedFiles;
        var sizes = (await index.FindAll(named)).ToDictionary(static file => file.Name, static file => file.Bytes);
        foreach (var name in named)
        {
            if (!sizes.ContainsKey(name))
                return FoundInputs.Without($"The file {name} is not stored any more.");
        }

        var addressed = spec.Files.Where(static entry => entry.Url is not null).ToArray();
        if (addressed.Length > 0 && await FindAddressed(addressed, sizes) is { } unready)
            return unready;
        var files = new List<TaskInput>();
        foreach (var entry in spec.Files)
        {
            if (entry.File is { } name)
                files.Add(ToInput(entry.Path, name, sizes[name], entry.IsExecutable ?? false));
            else if (entry.Hash is { } hash)
                files.Add(ToInput(entry.Path, hash, sizes[hash], entry.IsExecutable ?? false));
            else if (entry.Task is { } task && await AddArtifacts(files, entry, task) is { } fault)
                return FoundInputs.Without(fault);
        }

        return Check(files) ?? new FoundInputs([.. files], [.. files.Select(static file => FileName.Read(file.Name.Span))], null);
    }

    // Adds the sizes of files that entries name by address. Returns null if all files are stored; otherwise the answer
    // that keeps the attempt from starting.
    private async Task<FoundInputs?> FindAddressed(TaskFile[] entries, Dictionary<FileName, long> sizes)
    {
        FileName[] hashes = [.. entries.Select(static entry => entry.Hash!.Value).Distinct()];
        await AddSizes();
        string? fault = null;
        var (isPending, hasCome) = (false, false);
        var absent = entries.Where(entry => !sizes.ContainsKey(entry.Hash!.Value));
        foreach (var entry in absent.DistinctBy(static entry => (entry.Url, entry.Hash)))
        {
            if (urls is null)
                return FoundInputs.Without("This silo fetches no files by their addresses.");
            if (!urls.TryFinish(entry.Url!, entry.Hash!.Value, out var why))
                isPending = true;
            else if (why is null)
                hasCome = true;
            else
                fault ??= why;
        }

        if (fault is not null)
            return FoundInputs.Without(fault);
        if (hasCome)
            await AddSizes();
        return isPending || hashes.Any(hash => !sizes.ContainsKey(hash)) ? FoundInputs.Pending : null;

        async Task AddSizes()
        {
            foreach (var file in await index.FindAll(hashes))
                sizes[file.Name] = file.Bytes;
        }
    }

    private async Task<string?> AddArtifacts(List<TaskInput> files, TaskFile entry, TaskId task)
    {
        if (PathPattern.Parse(entry.Artifacts!, out _) is not { } pattern)
            return $"The pattern {entry.Artifacts} cannot be read.";
        if (await artifacts.Kept(task) is not { } kept)
            return $"The task {task} has no artifacts, or they have expired.";
        var count = files.Count;
        foreach (var one in kept)
        {
            var folder = one.Item is { } item ? $"{entry.Path}{item.ToString(CultureInfo.InvariantCulture)}/" : entry.Path;
            await foreach (var row in artifacts.Matching(one, pattern))
            {
                var path = entry.IsFolder ? folder + row.Path : entry.Path;
                files.Add(ToInput(path, row.File.Name, row.File.Bytes, entry.IsExecutable ?? row.IsExecutable));
                if (files.Count > ServiceLimits.MostInputs)
                    return $"The task gets more than {ServiceLimits.MostInputs} files.";
            }
        }

        return files.Count == count && !kept.IsEmpty ? $"No artifact of task {task} matches {entry.Artifacts}." : null;
    }

    // Paths of artifacts are known only now.
    private static FoundInputs? Check(List<TaskInput> files)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (!paths.Add(file.Path))
                return FoundInputs.Without($"Two files would be at {file.Path}.");
            if (FolderPath.FindFault(file.Path) is { } fault)
                return FoundInputs.Without($"The path {file.Path} {fault}.");
        }

        foreach (var path in paths)
        {
            for (var end = path.IndexOf('/', StringComparison.Ordinal); end > 0; end = path.IndexOf('/', end + 1))
            {
                if (paths.Contains(path[..end]))
                    return FoundInputs.Without($"{path[..end]} would be a file and a folder.");
            }
        }

        return null;
    }

    private static TaskInput ToInput(string path, FileName name, long size, bool isExecutable) => new()
    {
        Path = path, Name = UnsafeByteOperations.UnsafeWrap(name.ToArray()), Size = size, Executable = isExecutable,
    };
}

/// <summary>The files that an attempt gets, or why it cannot have them, as a sentence.</summary>
internal sealed record FoundInputs(ImmutableArray<TaskInput> Files, HashSet<FileName> Names, string? Fault)
{
    /// <summary>The answer while files are being downloaded from their addresses.</summary>
    internal static FoundInputs Pending { get; } = new([], [], null) { IsPending = true };

    /// <summary>Whether the answer is not known yet.</summary>
    internal bool IsPending { get; private init; }

    /// <summary>Returns an answer without files.</summary>
    internal static FoundInputs Without(string fault) => new([], [], fault);
}
