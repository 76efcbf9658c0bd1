using OrleansTasks.Jobs;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// The data job of one node of a running workflow: whether the job must be started, runs, or has ended. Does no I/O.
/// Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// <code>
/// idle       the node's task waits for other tasks, or has ended
/// begun      Begin: the conditions of the node are met
///   reading    the job's spec must be read: NodeJobReading reads it, then Take or Fail
///   ready      the next round starts the job
///   started    Row.Job names the running job; its end ends the node in the same commit
/// idle       End: the node's task has ended
/// </code>
/// A retry forgets the job, and the node waits for its conditions again. <see cref="NodeJobRow.Job"/> shows a new owner
/// of the queue that the node has started.
/// </remarks>
internal sealed class LiveNodeJob(LiveWorkflow workflow, OutlineNode outline, int node, TaskId task)
{
    /// <summary>Milliseconds after which a cancel of the job is sent again, unless the job has ended.</summary>
    private const long CancelPause = 2_000;

    /// <summary>The node's workflow.</summary>
    public LiveWorkflow Workflow => workflow;

    /// <summary>The node's index in the workflow.</summary>
    public int Node => node;

    /// <summary>The node's name.</summary>
    public string Name => outline.Name;

    /// <summary>The node's own task.</summary>
    public TaskId Task => task;

    /// <summary>The stored row; null until the node has begun for the first time.</summary>
    public NodeJobRow? Row { get; private set; }

    /// <summary>Whether the conditions of the node are met and it has not ended.</summary>
    public bool IsBegun { get; private set; }

    /// <summary>The spec of the node's own task; null if it is not in memory.</summary>
    public ReadOnlyMemory<byte>? Spec { get; private set; }

    /// <summary>Whether the job cannot be started because its stored spec cannot be read.</summary>
    public bool IsUnreadable { get; private set; }

    /// <summary>The job of this run; null before it is started.</summary>
    public TaskId? Job => IsBegun ? Row?.Job : null;

    /// <summary>Whether the spec must be read.</summary>
    public bool NeedsRead => IsBegun && Job is null && Spec is null && !IsUnreadable;

    /// <summary>Whether the next round must start the job, or end the node because the job cannot start.</summary>
    public bool IsReady => IsBegun && Job is null && (Spec is not null || IsUnreadable);

    /// <summary>When to send the next cancel of the job; null if the job is not being cancelled.</summary>
    public long? CancelAt { get; private set; }

    private long No => workflow.Row.No + 1 + node;

    /// <summary>Restores what is stored when the workflow is loaded.</summary>
    /// <param name="row">The job.</param>
    /// <param name="isOpen">Whether the node's own task is open.</param>
    public void Load(NodeJobRow row, bool isOpen)
    {
        Row = row;
        IsBegun = isOpen && row.Job is not null;
        CancelAt = IsBegun && row.StoppedAt != 0 ? 0 : null;
    }

    /// <summary>Begins the node, whose conditions are met.</summary>
    public void Begin() => IsBegun = true;

    /// <summary>Takes the spec of the node's own task.</summary>
    public void Take(ReadOnlyMemory<byte> spec) => Spec = spec;

    /// <summary>Fails the node, because what is stored of the job cannot be read.</summary>
    public void Fail() => IsUnreadable = true;

    /// <summary>Notes that the job is started. Returns the row to store.</summary>
    public NodeJobRow Start(TaskId job)
    {
        Spec = null;
        return Row = new NodeJobRow(No, job);
    }

    /// <summary>Begins to cancel the job. Returns the row to store; null for a repeat.</summary>
    public NodeJobRow? Stop(long now)
    {
        if (Row!.StoppedAt != 0)
            return null;
        CancelAt = now;
        return Row = Row with { StoppedAt = now };
    }

    /// <summary>Notes that a cancel of the job is sent.</summary>
    public void Cancelled(long now) => CancelAt = now + CancelPause;

    /// <summary>Returns how the node's task ends after the job's end, and the row to store.</summary>
    /// <param name="write">How the job has ended.</param>
    /// <param name="queue">The workflow's queue.</param>
    /// <param name="now">The time.</param>
    public (TaskEnd End, NodeJobRow Row) Outcome(JobWrite write, string queue, long now)
    {
        var end = write.State switch
        {
            JobState.Succeeded => new TaskEnd(TaskTrigger.Succeed, EndReason.Exit, ResultOf(write, queue)),
            JobState.Failed => new TaskEnd(TaskTrigger.Fail, EndReason.JobFailed),
            _ => new TaskEnd(
                TaskTrigger.Cancel, EndReason.Cancelled,
                CancelRequestedAt: write.CancelRequestedAt == 0 ? now : write.CancelRequestedAt),
        };
        return (end, Row = Row! with { AggregateBytes = write.AggregateBytes });
    }

    /// <summary>Records that the node's task has ended.</summary>
    public void End() => (IsBegun, IsUnreadable, Spec, CancelAt) = (false, false, null, null);

    /// <summary>Makes the node run again, with another job. Returns the row to store; null if there is none.</summary>
    public NodeJobRow? Retry()
    {
        End();
        return Row = Row is null ? null : new NodeJobRow(No, null);
    }

    // The aggregate becomes the value of attempt 0 of the node's own task, which has no attempts.
    private AttemptResult? ResultOf(JobWrite write, string queue) => write.Aggregate.IsEmpty
        ? null
        : new AttemptResult(
            new LeaseRef(task, queue, 0, default), EndReason.Exit, null, null, 0, 0, 0, null)
        {
            Value = write.Aggregate,
        };
}
