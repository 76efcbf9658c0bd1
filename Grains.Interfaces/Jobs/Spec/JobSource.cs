using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Jobs.Spec;

/// <summary>A job's source: an integer range with exclusive end, or JSON lines. The count is null if unknown.</summary>
public sealed record JobSource(JobSourceKind Kind, long From, long To, ReadOnlyMemory<byte> Lines, long? Count)
{
    /// <summary>A command source's arguments.</summary>
    public ImmutableArray<string> Command { get; init; } = [];

    /// <summary>Whether a command source writes the same lines when run again.</summary>
    public bool IsReplayable { get; init; }

    /// <summary>A file source's path.</summary>
    public string Path { get; init; } = "";

    /// <summary>Format of the chunks' items.</summary>
    public ItemFormat Format { get; init; } = Kind switch
    {
        JobSourceKind.Range => ItemFormat.Range,
        JobSourceKind.Command => ItemFormat.Text,
        _ => ItemFormat.Json,
    };
}
