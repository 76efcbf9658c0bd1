using OrleansTasks.Processing.Chunks;

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

    /// <summary>The path of a file source.</summary>
    public string Path { get; init; } = "";

    /// <summary>The format of the chunks' items.</summary>
    public ItemFormat Format { get; init; } = Kind switch
    {
        JobSourceKind.Range => ItemFormat.Range,
        JobSourceKind.Command => ItemFormat.Text,
        _ => ItemFormat.Json,
    };
}
