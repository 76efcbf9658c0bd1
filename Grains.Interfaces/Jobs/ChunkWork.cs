using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Jobs;

/// <summary>What a worker needs to evaluate a chunk.</summary>
/// <param name="Plan">The job's plan in binary form; one instance for all chunks of a job.</param>
/// <param name="Format">What the items are, as the worker plane numbers it.</param>
/// <param name="Chunk">The chunk.</param>
/// <param name="Job">Whose it is.</param>
/// <param name="Env">What the job's commands see besides; default or empty for nothing.</param>
[GenerateSerializer, Immutable, Alias("ot.ChunkWork")]
public sealed record ChunkWork(
    [property: Id(0)] ReadOnlyMemory<byte> Plan,
    [property: Id(1)] byte Format,
    [property: Id(2)] ChunkPlan Chunk,
    [property: Id(3)] TaskId Job,
    [property: Id(4)] ImmutableArray<EnvironmentVariable> Env = default);
