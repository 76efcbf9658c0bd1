using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

/// <summary>
/// The constant columns of a job. Head has what lists need of the spec, in the grain's format; may be empty.
/// </summary>
[GenerateSerializer, Immutable, Alias("ot.JobSubmission")]
public sealed record JobSubmission(
    [property: Id(0)] string Name,
    [property: Id(1)] ImmutableArray<Label> Labels,
    [property: Id(2)] ReadOnlyMemory<byte> Spec,
    [property: Id(3)] ReadOnlyMemory<byte> Head = default);
