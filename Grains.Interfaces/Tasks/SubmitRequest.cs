using OrleansTasks.Workflows;

namespace OrleansTasks.Tasks;

/// <summary>Tasks to accept together: all of them or none.</summary>
/// <param name="Tasks">One task, or the tasks of a batch in order.</param>
/// <param name="Batch">The batch's id; null for a single task.</param>
/// <param name="Idempotency">What to remember of the request; null when it had no key.</param>
/// <param name="Repeated">Set on a repeat after an unknown outcome: tasks that are stored already count as accepted.</param>
/// <param name="Workflow">
/// The workflow whose nodes the tasks are, in order; null for none. The tasks may wait for each other, and for no
/// others.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.SubmitRequest")]
public sealed record SubmitRequest(
    [property: Id(0)] ImmutableArray<TaskSubmission> Tasks,
    [property: Id(1)] TaskId? Batch,
    [property: Id(2)] IdempotencyEntry? Idempotency,
    [property: Id(3)] bool Repeated = false,
    [property: Id(4)] WorkflowStart? Workflow = null);
