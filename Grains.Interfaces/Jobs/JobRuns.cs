namespace OrleansTasks.Jobs;

/// <summary>The runs of a job's open chunks at its dispatcher.</summary>
/// <param name="Runs">The chunks that a node holds, and those that had an attempt and wait for the next.</param>
[GenerateSerializer, Immutable, Alias("ot.JobRuns")]
public sealed record JobRuns([property: Id(0)] ImmutableArray<ChunkRun> Runs)
{
    /// <summary>No runs, as of a job that has ended.</summary>
    public static JobRuns None { get; } = new([]);
}

/// <summary>The run of an open chunk.</summary>
/// <param name="No">The chunk's number in the job.</param>
/// <param name="Attempt">The latest attempt.</param>
/// <param name="Node">The node that holds it; null while it waits for its next attempt.</param>
/// <param name="RunningFor">How long the attempt has been running, in milliseconds; null before its start.</param>
/// <param name="SecondNode">The node of the second run; null when there is none.</param>
/// <param name="IsStraggler">Whether it has a second run, or has run so long that it may get one.</param>
[GenerateSerializer, Immutable, Alias("ot.ChunkRun")]
public sealed record ChunkRun(
    [property: Id(0)] long No,
    [property: Id(1)] int Attempt,
    [property: Id(2)] string? Node,
    [property: Id(3)] long? RunningFor,
    [property: Id(4)] string? SecondNode,
    [property: Id(5)] bool IsStraggler);
