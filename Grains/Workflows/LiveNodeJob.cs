using OrleansTasks.Jobs;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// The data job of one node of a running workflow: whether the job is to be started, runs, or has ended. Pure. Times are
/// Unix milliseconds.
/// </summary>
/// <remarks>
/// <code>
/// idle       the node's task waits for other tasks, or has ended
/// begun      Begin: the conditions of the node are met
///   reading    the job's spec is to be read: NodeJobReading does, then Take or Fail
///   ready      the next round starts the job
///   started    Row.Job names the job, which runs; its end ends the node in the same commit
/// idle       End: the node's task has ended
/// </code>
/// A retry forgets the job, and the node waits for its conditions again. <see cref="NodeJobRow.Job"/> tells a new owner of
/// the queue that the node has started.
/// </remarks>
internal sealed class LiveNodeJob(LiveWorkflow workflow, OutlineNode outline, int node, TaskId task)
{
    /// <summary>How long after a cancel of the job the next one is sent, unless the job has ended.</summary>
    private const long CancelPause = 2_000;

    /// <summary>The workflow.</summary>
    public LiveWorkflow Workflow => workflow;

    /// <summary>The node's index in the workflow.</summary>
    public int Node => node;

    /// <summary>The node's name.</summary>
    public string Name => outline.Name;

    /// <summary>The node's own task.</summary>
    public TaskId Task => task;

    /// <summary>What is stored; null until the node has begun for the first time.</summary>
    public NodeJobRow? Row { get; private set; }

    /// <summary>Whether the conditions of the node are met, and the node has not ended.</summary>
    public bool IsBegun { get; private set; }

    /// <summary>The spec of the node's own task; null when it is not in memory.</summary>
    public ReadOnlyMemory<byte>? Spec { get; private set; }

    /// <summary>Whether the job cannot be started, because what is stored of it cannot be read.</summary>
    public bool IsUnreadable { get; private set; }

    /// <summary>The job of this run; null before it was started.</summary>
    public TaskId? Job => IsBegun ? Row?.Job : null;

    /// <summary>Whether the spec is to be read.</summary>
    public bool NeedsRead => IsBegun && Job is null && Spec is null && !IsUnreadable;

    /// <summary>Whether the next round is to start the job, or to end the node because it cannot.</summary>
    public bool IsReady => IsBegun && Job is null && (Spec is not null || IsUnreadable);

    /// <summary>When the job is to be cancelled, once more if it has not ended; null when it is not.</summary>
    public long? CancelAt { get; private set; }

    private long No => workflow.Row.No + 1 + node;

    /// <summary>Takes what is stored, when the workflow is loaded.</summary>
    /// <param name="row">The job.</param>
    /// <param name="isOpen">Whether the node's task is open.</param>
    public void Load(NodeJobRow row, bool isOpen)
    {
        Row = row;
        IsBegun = isOpen && row.Job is not null;
        CancelAt = IsBegun && row.StoppedAt != 0 ? 0 : null;
    }

    /// <summary>The conditions of the node are met.</summary>
    public void Begin() => IsBegun = true;

    /// <summary>Takes the spec of the node's own task.</summary>
    public void Take(ReadOnlyMemory<byte> spec) => Spec = spec;

    /// <summary>What is stored of the job cannot be read: the node fails.</summary>
    public void Fail() => IsUnreadable = true;

    /// <summary>The job is started.</summary>
    /// <returns>The row to store.</returns>
    public NodeJobRow Start(TaskId job)
    {
        Spec = null;
        return Row = new NodeJobRow(No, job);
    }

    /// <summary>The job is to be cancelled.</summary>
    /// <returns>The row to store; null when that was asked for before.</returns>
    public NodeJobRow? Stop(long now)
    {
        if (Row!.StoppedAt != 0)
            return null;
        CancelAt = now;
        return Row = Row with { StoppedAt = now };
    }

    /// <summary>A cancel of the job is sent.</summary>
    public void Cancelled(long now) => CancelAt = now + CancelPause;

    /// <summary>The job has ended: how the node's task ends, and the row to store.</summary>
    /// <param name="write">How the job has ended.</param>
    /// <param name="queue">The queue of the workflow.</param>
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

    /// <summary>The node's task has ended.</summary>
    public void End() => (IsBegun, IsUnreadable, Spec, CancelAt) = (false, false, null, null);

    /// <summary>The node is to run again, with another job.</summary>
    /// <returns>The row to store; null when there is none.</returns>
    public NodeJobRow? Retry()
    {
        End();
        return Row = Row is null ? null : new NodeJobRow(No, null);
    }

    // As if the attempt 0 of the node's task, which has none, had left the job's aggregate.
    private AttemptResult? ResultOf(JobWrite write, string queue) => write.Aggregate.IsEmpty
        ? null
        : new AttemptResult(
            new LeaseRef(task, queue, 0, default), EndReason.Exit, null, null, 0, 0, 0, null)
        {
            Value = write.Aggregate,
        };
}
