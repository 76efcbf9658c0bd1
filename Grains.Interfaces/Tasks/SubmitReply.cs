namespace OrleansTasks.Tasks;

/// <summary>The answer to one <see cref="SubmitRequest"/>.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Answer">The first answer, when it is a replay; else empty.</param>
/// <param name="RetryAfter">Milliseconds after which to try again, when the queue is full; else 0.</param>
/// <param name="Unknown">
/// Where the request names tasks that the queue does not have, at most <see cref="MostUnknown"/>; null unless the outcome is that.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.SubmitReply")]
public sealed record SubmitReply(
    [property: Id(0)] SubmitOutcome Outcome,
    [property: Id(1)] ReadOnlyMemory<byte> Answer = default,
    [property: Id(2)] long RetryAfter = 0,
    [property: Id(3)] ImmutableArray<AfterPlace>? Unknown = null)
{
    /// <summary>The most places that <see cref="Unknown"/> has; a caller who mends these meets the others.</summary>
    public const int MostUnknown = 100;

    /// <summary>The plain yes.</summary>
    public static SubmitReply Accepted { get; } = new(SubmitOutcome.Accepted);
}
