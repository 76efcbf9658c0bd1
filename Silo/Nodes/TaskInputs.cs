using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Nodes;

/// <summary>
/// Finds the files that a task's command gets: those that its spec names, and the artifacts of other tasks that its patterns match. The
/// answer is remembered for each attempt, because its worker then asks for one file after the other.
/// </summary>
internal sealed class TaskInputs(ITaskStore tasks, IFileIndex index)
{
    private const int MostRemembered = 1_000;
    private const int MostRememberedFiles = 500_000;
    private const int Page = 1_000;
    private readonly ConcurrentDictionary<LeaseRef, FoundInputs> known = new();

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
        // An end is told by the worker that had the attempt; what another silo served stays until the table is full.
        if (known.Count >= MostRemembered || Interlocked.Add(ref remembered, found.Files.Length) > MostRememberedFiles)
        {
            known.Clear();
            Volatile.Write(ref remembered, found.Files.Length);
        }

        return known[lease] = found;
    }

    /// <summary>Forgets an attempt that has ended.</summary>
    internal void Forget(LeaseRef lease)
    {
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

        var files = new List<TaskInput>();
        foreach (var entry in spec.Files)
        {
            if (entry.File is { } name)
                files.Add(ToInput(entry.Path, name, sizes[name], entry.IsExecutable ?? false));
            else if (entry.Task is { } task && await AddArtifacts(files, entry, task) is { } fault)
                return FoundInputs.Without(fault);
        }

        return Check(files) ?? new FoundInputs([.. files], [.. files.Select(static file => FileName.Read(file.Name.Span))], null);
    }

    private async Task<string?> AddArtifacts(List<TaskInput> files, TaskFile entry, TaskId task)
    {
        if (PathPattern.Parse(entry.Artifacts!, out _) is not { } pattern)
            return $"The pattern {entry.Artifacts} cannot be read.";
        if (await Kept(task) is not { } kept)
            return $"The task {task} has no artifacts.";
        var count = files.Count;
        foreach (var one in kept)
        {
            var folder = one.Item is { } item ? $"{entry.Path}{item.ToString(CultureInfo.InvariantCulture)}/" : entry.Path;
            await foreach (var row in Matching(one, pattern))
            {
                files.Add(ToInput(
                    entry.IsFolder ? folder + row.Path : entry.Path, row.File.Name, row.File.Bytes, entry.IsExecutable ?? row.IsExecutable));
                if (files.Count > ServiceLimits.MostInputs)
                    return $"The task gets more than {ServiceLimits.MostInputs} files.";
            }
        }

        return files.Count == count && !kept.IsEmpty ? $"No artifact of task {task} matches {entry.Artifacts}." : null;
    }

    // Returns the attempts that left a task's artifacts: one, or those of all items if it is the own task of a node with forEach. Null if
    // there are none; empty for a node without items.
    private async Task<ImmutableArray<KeptArtifacts>?> Kept(TaskId task)
    {
        if (await tasks.Get(task) is not { } record || !record.State.IsFinal())
            return null;
        if (record.Artifacts is { } totals)
            return await tasks.FindOutput(task, 0) is { } latest ? [new KeptArtifacts(0, null, task, latest.Token, totals)] : null;
        if (record is not { WorkflowNode: not null, WorkflowItem: null, Batch: { } workflow }
            || (await tasks.Workflows.Nodes(workflow)).FirstOrDefault(node => node.Task == task) is not { } node
            || (await tasks.Workflows.Items(workflow)).FirstOrDefault(items => items.Node == node.Node) is not { Row.Fault: null } items)
            return null;
        var kept = await tasks.Workflows.Artifacts(workflow, node.Node);
        return kept.IsEmpty && items.Row.Count > 0 ? null : kept;
    }

    private async IAsyncEnumerable<ArtifactRow> Matching(KeptArtifacts kept, PathPattern pattern)
    {
        if (pattern.LiteralPath is { } path)
        {
            if (await index.FindArtifact(kept.Task, kept.Token, path) is { } found)
                yield return found;
            yield break;
        }

        for (string? after = null; kept.Totals.Count > 0;)
        {
            var page = await index.Artifacts(kept.Task, kept.Token, after, Page);
            foreach (var row in page.Where(row => pattern.Matches(row.Path)))
                yield return row;
            if (page.Length < Page)
                yield break;
            after = page[^1].Path;
        }
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
    /// <summary>Returns an answer without files.</summary>
    internal static FoundInputs Without(string fault) => new([], [], fault);
}
