using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Jobs.Spec;

/// <summary>A job's source.</summary>
/// <param name="Kind">What kind.</param>
/// <param name="From">Of a range: its first integer.</param>
/// <param name="To">Of a range: the integer after its last.</param>
/// <param name="Lines">Of items: each as JSON without white space, ended by a line feed.</param>
/// <param name="Count">How many items there are; null when nobody knows.</param>
public sealed record JobSource(JobSourceKind Kind, long From, long To, ReadOnlyMemory<byte> Lines, long? Count)
{
    /// <summary>Of a command: its arguments.</summary>
    public ImmutableArray<string> Command { get; init; } = [];

    /// <summary>Of a command: whether a second run writes the same lines again.</summary>
    public bool IsReplayable { get; init; }

    /// <summary>Of a file: its path.</summary>
    public string Path { get; init; } = "";

    /// <summary>What its chunks' items are.</summary>
    public ItemFormat Format { get; init; } = Kind switch
    {
        JobSourceKind.Range => ItemFormat.Range,
        JobSourceKind.Command => ItemFormat.Text,
        _ => ItemFormat.Json,
    };
}
