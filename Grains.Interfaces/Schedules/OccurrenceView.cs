using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// An occurrence, or several consecutive ones that were skipped or missed. Times are in Unix milliseconds.
/// </summary>
/// <param name="No">
/// A number that distinguishes occurrences with equal times; later occurrences have larger numbers.
/// </param>
/// <param name="At">The occurrence's time without jitter, or the first time of several.</param>
/// <param name="Until">The last time of several; equal to <paramref name="At"/> for a single occurrence.</param>
/// <param name="Count">The number of occurrences.</param>
/// <param name="Kind">Why the occurrence exists.</param>
/// <param name="Outcome">The outcome so far.</param>
/// <param name="Reason">Why the occurrence was skipped.</param>
/// <param name="StartedAt">When the occurrence started something; 0 if it has not.</param>
/// <param name="Task">The id of the started task; null if none.</param>
/// <param name="State">
/// The state of the started task, job or workflow. A job's or workflow's state is given as the task state of the same
/// name.
/// </param>
/// <param name="Workflow">The id of the started workflow; null if none.</param>
/// <param name="Job">The id of the started job; null if none.</param>
[GenerateSerializer, Immutable, Alias("ot.OccurrenceView")]
public sealed record OccurrenceView(
    [property: Id(0)] long No,
    [property: Id(1)] long At,
    [property: Id(2)] long Until,
    [property: Id(3)] long Count,
    [property: Id(4)] OccurrenceKind Kind,
    [property: Id(5)] OccurrenceOutcome Outcome,
    [property: Id(6)] SkipReason Reason,
    [property: Id(7)] long StartedAt,
    [property: Id(8)] TaskId? Task,
    [property: Id(9)] TaskState? State,
    [property: Id(10)] TaskId? Workflow,
    [property: Id(11)] TaskId? Job = null)
{
    /// <summary>The path of the file that the occurrence is for; null if there is none.</summary>
    [Id(12)] public string? File { get; init; }
}
