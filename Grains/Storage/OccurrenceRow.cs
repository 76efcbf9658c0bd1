using OrleansTasks.Schedules;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// An occurrence of a schedule as the store has it, or several neighbouring ones that were skipped or missed for the same
/// reason. Times are Unix milliseconds.
/// </summary>
/// <param name="No">The row's number in its queue; later rows have larger ones.</param>
/// <param name="Schedule">The schedule's number in the queue.</param>
/// <param name="At">The occurrence's time without jitter, or the first of several.</param>
/// <param name="Kind">Why there is an occurrence.</param>
/// <param name="Outcome">What has become of it.</param>
public sealed record OccurrenceRow(long No, long Schedule, long At, OccurrenceKind Kind, OccurrenceOutcome Outcome)
{
    /// <summary>The time of the last of several; <see cref="At"/> for one.</summary>
    public long Until { get; init; } = At;

    /// <summary>How many occurrences the row stands for.</summary>
    public long Count { get; init; } = 1;

    /// <summary>Why it was skipped.</summary>
    public SkipReason Reason { get; init; }

    /// <summary>When it started something; 0 when it did not.</summary>
    public long StartedAt { get; init; }

    /// <summary>The task that it started; null when it started none.</summary>
    public TaskId? Task { get; init; }

    /// <summary>The workflow that it started; null when it started none.</summary>
    public TaskId? Workflow { get; init; }

    /// <summary>The data job that it started; null when it started none.</summary>
    public TaskId? Job { get; init; }

    /// <summary>What it started: the id of a task, of a job or of a workflow.</summary>
    public TaskId? StartedId => Task ?? Job ?? Workflow;

    /// <summary>
    /// How what it started ended; null while that is open and when there is nothing. The state of a job or a
    /// workflow is that of a task with the same name.
    /// </summary>
    public TaskState? State { get; init; }

    /// <summary>Whether it waits for its start, or what it started has not ended. Such rows are never trimmed.</summary>
    public bool IsOpen => Outcome == OccurrenceOutcome.Pending || (Outcome == OccurrenceOutcome.Started && State is null);
}
