using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>An occurrence, or several neighbouring ones that were skipped or missed. Times are Unix milliseconds.</summary>
/// <param name="No">Tells occurrences with one time apart; later ones have larger numbers.</param>
/// <param name="At">Its time without jitter, or the first of several.</param>
/// <param name="Until">The time of the last of several; <paramref name="At"/> for one.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Kind">Why there is an occurrence.</param>
/// <param name="Outcome">What has become of it.</param>
/// <param name="Reason">Why it was skipped.</param>
/// <param name="StartedAt">When it started something; 0 when it did not.</param>
/// <param name="Task">The task that it started.</param>
/// <param name="State">
/// The state of the task, job or workflow; a job's or workflow's is that of a task with the same name.
/// </param>
/// <param name="Workflow">The workflow that it started.</param>
/// <param name="Job">The job that it started.</param>
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
    [property: Id(11)] TaskId? Job = null);
