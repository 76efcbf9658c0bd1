using Microsoft.Extensions.Logging;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch;

/// <summary>
/// The dispatchers' log messages, with event ids 100 to 108 and 111 to 117. Occasional warnings need no action, because
/// dispatchers recover by themselves.
/// </summary>
internal static partial class DispatchLog
{
    /// <summary>
    /// Logged when an activation takes the queue over, and when it reads the queue again after a refused commit.
    /// </summary>
    [LoggerMessage(
        100, LogLevel.Debug, "Queue {Queue}: took ownership at epoch {Epoch}, event sequence {Sequence}, with {Leased} leases")]
    public static partial void Owned(this ILogger logger, string queue, long epoch, long sequence, int leased);

    /// <summary>Logged before recovery reads the open chunks of stored jobs, which are not counted yet.</summary>
    [LoggerMessage(101, LogLevel.Debug, "Queue {Queue}: finished reading waiting tasks; {Open} tasks and chunk runs are open")]
    public static partial void TasksRead(this ILogger logger, string queue, int open);

    /// <summary>
    /// Logged when the store failed, another activation owns the queue, or there is a bug. Waiting callers fail.
    /// </summary>
    [LoggerMessage(102, LogLevel.Warning, "Queue {Queue}: the activation is ending; the next call starts a new one")]
    public static partial void Poisoned(this ILogger logger, string queue, Exception cause);

    /// <summary>
    /// Logged before the writer asks the store, for up to 8 s, whether the commit landed. Then the activation ends.
    /// </summary>
    [LoggerMessage(103, LogLevel.Warning, "Queue {Queue}: the outcome of a commit is unknown: {Detail}")]
    public static partial void UnknownOutcome(this ILogger logger, string queue, string? detail);

    [LoggerMessage(105, LogLevel.Warning, "Queue {Queue}: cannot ask the store yet whether the commit succeeded")]
    public static partial void OutcomeNotAsked(this ILogger logger, string queue, Exception exception);

    /// <summary>Logged when the stored spec cannot be parsed. The queue's tasks and other jobs continue.</summary>
    [LoggerMessage(106, LogLevel.Error, "Queue {Queue}: cannot read the stored job {Job}; it stays stored, but its chunks do not run")]
    public static partial void JobUnreadable(this ILogger logger, string queue, TaskId job, Exception exception);

    /// <summary>Logged when the stored body cannot be parsed. The queue's tasks and other schedules continue.</summary>
    [LoggerMessage(111, LogLevel.Error, "Queue {Queue}: cannot read the stored schedule {Schedule}; it stays stored, but starts nothing")]
    public static partial void ScheduleUnreadable(this ILogger logger, string queue, string schedule, Exception exception);

    [LoggerMessage(
        112, LogLevel.Error, "Queue {Queue}: cannot read the stored workflow {Workflow}; it stays running")]
    public static partial void WorkflowUnreadable(
        this ILogger logger, string queue, TaskId workflow, Exception exception);

    /// <summary>Logged when the stored body cannot be parsed. The queue's tasks and other rollouts continue.</summary>
    [LoggerMessage(
        117, LogLevel.Error,
        "Queue {Queue}: cannot read the stored rollout {Rollout}; it stays running, but starts nothing")]
    public static partial void RolloutUnreadable(
        this ILogger logger, string queue, TaskId rollout, Exception exception);

    /// <summary>
    /// Logged when the specs of data jobs that workflow nodes start cannot be read. The read is repeated.
    /// </summary>
    [LoggerMessage(115, LogLevel.Warning, "Queue {Queue}: cannot read the jobs of workflow nodes yet")]
    internal static partial void NodeJobsNotRead(this ILogger logger, string queue, Exception exception);

    [LoggerMessage(
        113, LogLevel.Error,
        "Queue {Queue}: cannot read the stored node {Task} with forEach; the node fails")]
    public static partial void ItemsUnreadable(
        this ILogger logger, string queue, TaskId task, Exception exception);

    /// <summary>Logged when the read fails. It is repeated later.</summary>
    [LoggerMessage(114, LogLevel.Warning, "Queue {Queue}: cannot read the items of a node with forEach yet")]
    public static partial void ItemsNotRead(this ILogger logger, string queue, Exception exception);

    /// <summary>Logged when a bug makes a read fail. Only its caller fails.</summary>
    [LoggerMessage(116, LogLevel.Error, "Queue {Queue}: cannot answer a read; its caller fails, and the dispatcher continues")]
    public static partial void ReadFailed(this ILogger logger, string queue, Exception exception);

    /// <summary>
    /// Logged when a call that follows a round failed: a command, a demand for slots, ended chunks, or a question.
    /// </summary>
    [LoggerMessage(104, LogLevel.Debug, "Queue {Queue}: a hint to a node or a grain was lost; its receiver asks again later")]
    public static partial void HintLost(this ILogger logger, string queue, Exception exception);

    /// <summary>
    /// Logged before the queue is read again and the operations are repeated one by one, to find the culprit.
    /// </summary>
    [LoggerMessage(107, LogLevel.Warning, "Queue {Queue}: the store refused a commit of {Operations} operations: {Detail}")]
    public static partial void CommitRefused(this ILogger logger, string queue, int operations, string? detail);

    /// <summary>Logged when a part of the due work is set aside. The rest of the queue goes on; the part is tried again.</summary>
    [LoggerMessage(117, LogLevel.Error, "Queue {Queue}: the store refuses what is due for {Part}, which rests for a while: {Detail}")]
    public static partial void SetAside(this ILogger logger, string queue, string part, string? detail);

    /// <summary>
    /// Logged when the read fails. <see cref="Recovery"/> repeats it after 50 ms to 2 s while the dispatcher serves.
    /// </summary>
    [LoggerMessage(108, LogLevel.Warning, "Queue {Queue}: cannot read a page of waiting tasks or open chunks yet")]
    public static partial void PageNotRead(this ILogger logger, string queue, Exception exception);

    /// <summary>Logged when a grain call failed. The schedule shows it as a problem, and asks again at its next time.</summary>
    [LoggerMessage(117, LogLevel.Warning, "Queue {Queue}: cannot ask node {Node} for the folder of schedule {Schedule}")]
    public static partial void FolderNotListed(this ILogger logger, string queue, string schedule, string node, Exception exception);
}
