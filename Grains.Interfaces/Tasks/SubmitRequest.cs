using OrleansTasks.Workflows;

namespace OrleansTasks.Tasks;

/// <summary>Tasks to accept as a whole or not at all.</summary>
/// <param name="Tasks">One task, or the tasks of a batch in order.</param>
/// <param name="Batch">The batch's id; null for a single task.</param>
/// <param name="Idempotency">The entry to store with the tasks; null if the request had no key.</param>
/// <param name="Repeated">
/// Whether this repeats a request of unknown outcome. Tasks that are already stored count as accepted.
/// </param>
/// <param name="Workflow">
/// The workflow to whose nodes the tasks belong, in order; null for none. The tasks may wait for each other, but for no
/// other tasks.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.SubmitRequest")]
public sealed record SubmitRequest(
    [property: Id(0)] ImmutableArray<TaskSubmission> Tasks,
    [property: Id(1)] TaskId? Batch,
    [property: Id(2)] IdempotencyEntry? Idempotency,
    [property: Id(3)] bool Repeated = false,
    [property: Id(4)] WorkflowStart? Workflow = null);
