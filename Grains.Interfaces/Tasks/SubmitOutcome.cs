namespace OrleansTasks.Tasks;

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
