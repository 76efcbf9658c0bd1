using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>A new job's unchanging columns.</summary>
/// <param name="Name">For people.</param>
/// <param name="Labels">For finding it, by key.</param>
/// <param name="Spec">The JobSpec as submitted.</param>
[GenerateSerializer, Immutable, Alias("ot.JobSubmission")]
public sealed record JobSubmission(
    [property: Id(0)] string Name,
    [property: Id(1)] ImmutableArray<Label> Labels,
    [property: Id(2)] ReadOnlyMemory<byte> Spec);
