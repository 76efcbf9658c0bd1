using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Jobs;

/// <summary>
/// A worker's input for one chunk. All chunks of a job share one instance of the binary plan. Format is the number of
/// an <c>ItemFormat</c>.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.ChunkWork")]
public sealed record ChunkWork(
    [property: Id(0)] ReadOnlyMemory<byte> Plan,
    [property: Id(1)] byte Format,
    [property: Id(2)] ChunkPlan Chunk,
    [property: Id(3)] TaskId Job,
    [property: Id(4)] ImmutableArray<EnvironmentVariable> Env = default);
