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

/// <summary>The answer to one <see cref="SubmitRequest"/>.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Answer">
/// The first answer, if the request is a replay; otherwise empty. If the first request joined a task, the answer is in
/// the dispatcher's own format.
/// </param>
/// <param name="RetryAfter">
/// The time in milliseconds after which to try again, if the queue is full; otherwise 0.
/// </param>
/// <param name="Unknown">
/// The places at which the request names tasks that the queue does not have, at most <see cref="MostUnknown"/>; null
/// for any other outcome.
/// </param>
/// <param name="Holder">
/// The task that holds the unique key, if the outcome is <see cref="SubmitOutcome.NotUnique"/> or
/// <see cref="SubmitOutcome.Joined"/>; otherwise null.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.SubmitReply")]
public sealed record SubmitReply(
    [property: Id(0)] SubmitOutcome Outcome,
    [property: Id(1)] ReadOnlyMemory<byte> Answer = default,
    [property: Id(2)] long RetryAfter = 0,
    [property: Id(3)] ImmutableArray<AfterPlace>? Unknown = null,
    [property: Id(4)] TaskId? Holder = null)
{
    /// <summary>
    /// Maximum number of places in <see cref="Unknown"/>. If there are more, a corrected request gets the next ones.
    /// </summary>
    public const int MostUnknown = 100;

    /// <summary>The reply for accepted tasks.</summary>
    public static SubmitReply Accepted { get; } = new(SubmitOutcome.Accepted);
}

/// <summary>The outcome of a <see cref="SubmitRequest"/>.</summary>
public enum SubmitOutcome
{
    /// <summary>All tasks are stored.</summary>
    Accepted,

    /// <summary>
    /// The idempotency key is known with the same body. <see cref="SubmitReply.Answer"/> is the first answer.
    /// </summary>
    Replayed,

    /// <summary>The idempotency key is known with another body. Nothing was accepted.</summary>
    KeyReused,

    /// <summary>The queue or the dispatcher's inbox is full. Nothing was accepted.</summary>
    QueueFull,

    /// <summary>The store permanently refuses the request's data. Nothing was accepted.</summary>
    Refused,

    /// <summary>
    /// Nothing was accepted: an <c>after</c> names tasks that the queue lacks (<see cref="SubmitReply.Unknown"/>).
    /// </summary>
    UnknownTask,

    /// <summary>Nothing was accepted: another task holds the unique key (<see cref="SubmitReply.Holder"/>).</summary>
    NotUnique,

    /// <summary>
    /// Nothing was accepted: the caller gets the task that holds the unique key (<see cref="SubmitReply.Holder"/>).
    /// </summary>
    Joined,
}
