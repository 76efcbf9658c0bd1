using OrleansTasks.Schedules;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// An occurrence, or several consecutive ones that were skipped or missed for the same reason. <c>Schedule</c> is the
/// schedule's number in the queue. <c>At</c> is the first one's time, without jitter. Times are Unix milliseconds.
/// </summary>
public sealed record OccurrenceRow(long No, long Schedule, long At, OccurrenceKind Kind, OccurrenceOutcome Outcome)
{
    /// <summary>The time of the last occurrence; equal to <see cref="At"/> if there is only one.</summary>
    public long Until { get; init; } = At;

    /// <summary>The number of occurrences that the row represents.</summary>
    public long Count { get; init; } = 1;

    /// <summary>Why the occurrence was skipped.</summary>
    public SkipReason Reason { get; init; }

    /// <summary>When the occurrence started something; 0 if it did not.</summary>
    public long StartedAt { get; init; }

    /// <summary>The started task, or null.</summary>
    public TaskId? Task { get; init; }

    /// <summary>The started workflow, or null.</summary>
    public TaskId? Workflow { get; init; }

    /// <summary>The started data job, or null.</summary>
    public TaskId? Job { get; init; }

    /// <summary>The started task, job or workflow, or null.</summary>
    public TaskId? StartedId => Task ?? Job ?? Workflow;

    /// <summary>The path of the file that the occurrence is for; null if there is none.</summary>
    public string? File { get; init; }

    /// <summary>
    /// The final state of what it started, as a task state of the same name; null while open, or if it started nothing.
    /// </summary>
    public TaskState? State { get; init; }

    /// <summary>Whether the occurrence waits, or what it started is still open. Open rows are never trimmed.</summary>
    public bool IsOpen => Outcome == OccurrenceOutcome.Pending || (Outcome == OccurrenceOutcome.Started && State is null);
}
