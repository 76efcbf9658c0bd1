using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>A new job's unchanging columns.</summary>
/// <param name="Name">For people.</param>
/// <param name="Labels">For finding it, by key.</param>
/// <param name="Spec">The JobSpec as submitted.</param>
/// <param name="Head">What a list needs of the spec, without items, in the job grain's own form; empty from programs without it.</param>
[GenerateSerializer, Immutable, Alias("ot.JobSubmission")]
public sealed record JobSubmission(
    [property: Id(0)] string Name,
    [property: Id(1)] ImmutableArray<Label> Labels,
    [property: Id(2)] ReadOnlyMemory<byte> Spec,
    [property: Id(3)] ReadOnlyMemory<byte> Head = default);
