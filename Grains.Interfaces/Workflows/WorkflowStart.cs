using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>The workflow whose nodes are the tasks of a <see cref="SubmitRequest"/>.</summary>
/// <param name="Id">Its id, which is also the batch.</param>
/// <param name="Outline">The stored form of its <see cref="WorkflowOutline"/>.</param>
[GenerateSerializer, Immutable, Alias("ot.WorkflowStart")]
public sealed record WorkflowStart([property: Id(0)] TaskId Id, [property: Id(1)] ReadOnlyMemory<byte> Outline);
