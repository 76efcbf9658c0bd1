namespace OrleansTasks.Tasks;

/// <summary>The tasks that programs submitted in their own transactions and that are not accepted.</summary>
/// <param name="Refused">The number of refused submissions that are kept.</param>
/// <param name="LatestRefusal">Why the latest of them was refused; null if there are none.</param>
/// <param name="WaitingSince">When the oldest waiting one was made, in Unix milliseconds; null if none waits.</param>
[GenerateSerializer, Immutable, Alias("ot.SubmissionStatus")]
public sealed record SubmissionStatus(
    [property: Id(0)] long Refused, [property: Id(1)] string? LatestRefusal, [property: Id(2)] long? WaitingSince)
{
    /// <summary>No submission is refused or waits.</summary>
    public static SubmissionStatus None { get; } = new(0, null, null);
}
