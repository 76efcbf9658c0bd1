namespace OrleansTasks.Jobs;

/// <summary>A job's chunks that a node holds, and those that wait after at least one attempt.</summary>
[GenerateSerializer, Immutable, Alias("ot.JobRuns")]
public sealed record JobRuns([property: Id(0)] ImmutableArray<ChunkRun> Runs)
{
    /// <summary>No runs, as for an ended job.</summary>
    public static JobRuns None { get; } = new([]);
}

/// <summary>
/// A run of an open chunk. Node is null between attempts. RunningFor is in milliseconds, and null before the start. A
/// straggler has a second run, or has run long enough to get one.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.ChunkRun")]
public sealed record ChunkRun(
    [property: Id(0)] long No,
    [property: Id(1)] int Attempt,
    [property: Id(2)] string? Node,
    [property: Id(3)] long? RunningFor,
    [property: Id(4)] string? SecondNode,
    [property: Id(5)] bool IsStraggler);
