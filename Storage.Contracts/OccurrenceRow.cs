using OrleansTasks.Schedules;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// An occurrence, or several neighbours skipped or missed for one reason. <c>Schedule</c> is a number in the queue;
/// <c>At</c> is without jitter, of the first. Times are Unix milliseconds.
/// </summary>
public sealed record OccurrenceRow(long No, long Schedule, long At, OccurrenceKind Kind, OccurrenceOutcome Outcome)
{
    /// <summary>The time of the last of several, else <see cref="At"/>.</summary>
    public long Until { get; init; } = At;

    /// <summary>How many occurrences the row stands for.</summary>
    public long Count { get; init; } = 1;

    /// <summary>Why it was skipped.</summary>
    public SkipReason Reason { get; init; }

    /// <summary>When it started something; 0 if it did not.</summary>
    public long StartedAt { get; init; }

    /// <summary>The task that it started, or null.</summary>
    public TaskId? Task { get; init; }

    /// <summary>The workflow that it started, or null.</summary>
    public TaskId? Workflow { get; init; }

    /// <summary>The data job that it started, or null.</summary>
    public TaskId? Job { get; init; }

    /// <summary>The task, job or workflow that it started, or null.</summary>
    public TaskId? StartedId => Task ?? Job ?? Workflow;

    /// <summary>The end of the task, or by the same name of the job or workflow; null while open or if none.</summary>
    public TaskState? State { get; init; }

    /// <summary>Whether it waits, or its task, job or workflow is open. Open rows are never trimmed.</summary>
    public bool IsOpen => Outcome == OccurrenceOutcome.Pending || (Outcome == OccurrenceOutcome.Started && State is null);
}
