namespace OrleansTasks.Tasks;

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
