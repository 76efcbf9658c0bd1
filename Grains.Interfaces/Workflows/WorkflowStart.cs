using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>The workflow to which the tasks of a <see cref="SubmitRequest"/> belong, one for each node.</summary>
/// <param name="Id">The workflow's id, which is also the batch's id.</param>
/// <param name="Outline">The stored form of its <see cref="WorkflowOutline"/>.</param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowStart")]
public sealed record WorkflowStart([property: Id(0)] TaskId Id, [property: Id(1)] ReadOnlyMemory<byte> Outline);
