using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>The columns of a task that change. Times are Unix milliseconds; 0 means not set.</summary>
public readonly record struct TaskRow
{
    /// <summary>The task's number in its partition, from 1: rises with acceptance and never changes.</summary>
    public required long No { get; init; }

    /// <summary>The task's id.</summary>
    public required TaskId Id { get; init; }

    /// <summary>Its state.</summary>
    public required TaskState State { get; init; }

    /// <summary>
    /// Its place among the tasks of its priority, lowest first: its number, until a retry of the ended task gives it a new, larger one.
    /// </summary>
    public required long Order { get; init; }

    /// <summary>The latest attempt's number; 0 before the first. Given again when the attempt was put back before it started.</summary>
    public int Attempt { get; init; }

    /// <summary>Failed attempts that count against the retry policy, since acceptance or the last retry.</summary>
    public int Failures { get; init; }

    /// <summary>How often its node was lost, since acceptance or the last retry.</summary>
    public int NodeLosses { get; init; }

    /// <summary>The latest attempt's lease token; kept after its end, since output is filed under it.</summary>
    public LeaseToken Token { get; init; }

    /// <summary>The latest attempt's node.</summary>
    public string? Node { get; init; }

    /// <summary>
    /// While assigned or running: the session of that node that has the attempt; a later one than it was assigned in, if the worker brought
    /// the attempt along.
    /// </summary>
    public long NodeSession { get; init; }

    /// <summary>While scheduled: when it becomes ready.</summary>
    public long DueAt { get; init; }

    /// <summary>When it last became queued.</summary>
    public long QueuedAt { get; init; }

    /// <summary>When the latest attempt started; 0 when it is not known to have started.</summary>
    public long StartedAt { get; init; }

    /// <summary>When the task ended.</summary>
    public long EndedAt { get; init; }

    /// <summary>When the cancel was asked for that ends, or has ended, the task.</summary>
    public long CancelRequestedAt { get; init; }

    /// <summary>The latest ended attempt's exit code; null when it did not exit by itself, or nobody told.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The name of the signal that ended the latest ended attempt; null when none did, or nobody told.</summary>
    public string? Signal { get; init; }

    /// <summary>Why the latest attempt, or the task without one, ended; <see cref="EndReason.None"/> while neither has.</summary>
    public EndReason Reason { get; init; }
}
