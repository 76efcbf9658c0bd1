using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs.Spec;

/// <summary>
/// A job's source. Of the kind Range it is the integers from <paramref name="From"/> up to but excluding
/// <paramref name="To"/>; of the kind Items it is JSON lines. The count is null if unknown.
/// </summary>
public sealed record JobSource(JobSourceKind Kind, long From, long To, ReadOnlyMemory<byte> Lines, long? Count)
{
    /// <summary>The arguments of a command source.</summary>
    public ImmutableArray<string> Command { get; init; } = [];

    /// <summary>Whether a command source writes the same lines when run again.</summary>
    public bool IsReplayable { get; init; }

    /// <summary>The path of a file source; empty if its files are stored.</summary>
    public string Path { get; init; } = "";

    /// <summary>The stored files of a file source, in the order given; empty if it has a path.</summary>
    public ImmutableArray<JobSourceFile> Files { get; init; } = [];

    /// <summary>The stored files that it names, each once.</summary>
    public ImmutableArray<FileName> NamedFiles =>
        Files.IsEmpty ? [] : [.. Files.Select(static file => file.File).OfType<FileName>().Distinct()];

    /// <summary>The format of the chunks' items.</summary>
    public ItemFormat Format { get; init; } = Kind switch
    {
        JobSourceKind.Range => ItemFormat.Range,
        JobSourceKind.Command => ItemFormat.Text,
        _ => ItemFormat.Json,
    };
}

/// <summary>One entry of a job's stored source: a stored file, or the artifacts of a task.</summary>
/// <param name="File">The stored file; null for artifacts.</param>
/// <param name="Task">The task that left the artifacts; null for a stored file.</param>
/// <param name="Artifact">The pattern of the artifacts' paths; empty for a stored file.</param>
public sealed record JobSourceFile(FileName? File, TaskId? Task, string Artifact);
