namespace OrleansTasks.Jobs;

/// <summary>The open chunks of a job that have had an attempt: at a node now, or waiting for the next one.</summary>
[GenerateSerializer, Immutable, Alias("ot.JobRuns")]
public sealed record JobRuns([property: Id(0)] ImmutableArray<ChunkRun> Runs)
{
    /// <summary>No runs, as for an ended job.</summary>
    public static JobRuns None { get; } = new([]);
}

/// <summary>The first run of an open chunk, and whether it has a second one.</summary>
/// <param name="No">The chunk's number.</param>
/// <param name="Attempt">The number of the first run's latest attempt.</param>
/// <param name="Node">The node that holds the attempt; null between attempts.</param>
/// <param name="RunningFor">How long the attempt has run, in milliseconds; null before its start.</param>
/// <param name="SecondNode">The node that holds the second run; null if there is none.</param>
/// <param name="IsStraggler">Whether the chunk has a second run, or has run long enough to get one.</param>
[GenerateSerializer, Immutable, Alias("ot.ChunkRun")]
public sealed record ChunkRun(
    [property: Id(0)] long No,
    [property: Id(1)] int Attempt,
    [property: Id(2)] string? Node,
    [property: Id(3)] long? RunningFor,
    [property: Id(4)] string? SecondNode,
    [property: Id(5)] bool IsStraggler);
