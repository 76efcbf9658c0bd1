using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// An open task or chunk run in memory: one slot of <see cref="TaskTable"/>, not a slot of a node. Kept small, because
/// a queue may have a million of them. Callers set fields in place, by reference, except the state, the order, the
/// priority and the signature: only <see cref="OpenTasks"/> sets these, because its indexes depend on them. Times are
/// Unix milliseconds of the wall clock.
/// </summary>
internal struct TaskSlot
{
    /// <summary>A <see cref="DueAt"/> that never comes.</summary>
    public const long Never = long.MaxValue;

    /// <summary>The task's id, or one derived from the numbers of a chunk run's job and chunk.</summary>
    public TaskId Id;

    /// <summary>The task's number in the queue, from 1; 0 in a free slot.</summary>
    public long No;

    /// <summary>
    /// The place among the tasks of its priority, lowest first, unique in the queue. It is <see cref="No"/> until a
    /// user retries the ended task, and stays when an attempt fails, is put back or is lost.
    /// </summary>
    public long Order;

    /// <summary>While scheduled: when to queue it; <see cref="Never"/> if it only waits for other tasks.</summary>
    public long DueAt;

    /// <summary>When the task fails if <see cref="Attempt"/> is still 0 by then; 0 if it never expires.</summary>
    public long ExpiresAt;

    /// <summary>When the task last became queued; 0 when it never was.</summary>
    public long QueuedAt;

    /// <summary>
    /// The <see cref="Leasing.Lease"/> while a node holds the task, otherwise the <see cref="LastAttempt"/>, if known.
    /// </summary>
    public object? Detail;

    /// <summary>The chunk that this is a run of; null for a task.</summary>
    public DispatchChunk? Chunk;

    public Signature Signature;

    public RetryPolicy Policy;

    /// <summary>Admits the task by its concurrency key; null without a key and for chunk runs.</summary>
    public ConcurrencyGate? Gate;

    /// <summary>
    /// The number of the latest attempt, or 0. An attempt given back before its start does not count.
    /// </summary>
    public int Attempt;

    public FailureCounts Failures;

    /// <summary>How many tasks with its concurrency key may be at nodes, this one included; 0 without a key.</summary>
    public int KeyLimit;

    /// <summary>Node losses that did not count as failures, since acceptance or the last retry by a user.</summary>
    public byte NodeLosses;

    /// <summary>0 to <see cref="ReadyIndex.HighestPriority"/>; higher ones go first.</summary>
    public byte Priority;

    public TaskState State;

    // One byte for all flags: a larger slot costs memory for each of a million tasks.
    private Flags flags;

    [Flags]
    private enum Flags : byte
    {
        HadSecrets = 1,
        ExpiryIsWatched = 2,
        IsParked = 4,
        IsHeld = 8,
        IsForEach = 16,
        IsJob = 32,
        IsUnique = 64,
    }

    /// <summary>
    /// Whether the task came with <c>secretEnv</c>. Its end deletes the secrets, so it cannot be retried.
    /// </summary>
    public bool HadSecrets
    {
        readonly get => (flags & Flags.HadSecrets) != 0;
        set => Set(Flags.HadSecrets, value);
    }

    /// <summary>
    /// Whether <see cref="TaskTimes"/> has the expiry. That entry stays while a node holds the task, which may put the
    /// first attempt back; the flag then prevents a second entry.
    /// </summary>
    public bool ExpiryIsWatched
    {
        readonly get => (flags & Flags.ExpiryIsWatched) != 0;
        set => Set(Flags.ExpiryIsWatched, value);
    }

    /// <summary>
    /// Whether the task is queued but in no ready queue. Only <see cref="ConcurrencyGate"/> changes it.
    /// </summary>
    public bool IsParked
    {
        readonly get => (flags & Flags.IsParked) != 0;
        set => Set(Flags.IsParked, value);
    }

    /// <summary>
    /// Whether the task is scheduled and waits for other tasks. Only <see cref="OpenTasks"/> changes it.
    /// </summary>
    public bool IsHeld
    {
        readonly get => (flags & Flags.IsHeld) != 0;
        set => Set(Flags.IsHeld, value);
    }

    /// <summary>
    /// Whether this is the own task of a node with <c>forEach</c>, scheduled until its items' tasks have ended.
    /// </summary>
    public bool IsForEach
    {
        readonly get => (flags & Flags.IsForEach) != 0;
        set => Set(Flags.IsForEach, value);
    }

    /// <summary>Whether this is the own task of a node with a data job, scheduled until the job has ended.</summary>
    public bool IsJob
    {
        readonly get => (flags & Flags.IsJob) != 0;
        set => Set(Flags.IsJob, value);
    }

    /// <summary>Whether the task has a unique key; <see cref="UniqueKeys"/> holds it.</summary>
    public bool IsUnique
    {
        readonly get => (flags & Flags.IsUnique) != 0;
        set => Set(Flags.IsUnique, value);
    }

    /// <summary>
    /// Whether this is the own task of a node with <c>forEach</c> or a job. It has no attempts: it ends with its items'
    /// tasks or its job.
    /// </summary>
    public readonly bool IsOwnTask => (flags & (Flags.IsForEach | Flags.IsJob)) != 0;

    public readonly Lease? Lease => Detail as Lease;

    /// <summary>
    /// Returns the changing columns of the stored row. <see cref="TaskEnding"/> adds when and why a task ends.
    /// </summary>
    public readonly Storage.TaskRow ToRow()
    {
        var row = new Storage.TaskRow
        {
            No = No,
            Id = Id,
            State = State,
            Order = Order,
            Attempt = Attempt,
            Failures = Failures.Packed,
            NodeLosses = NodeLosses,
            DueAt = State == TaskState.Scheduled ? DueAt : 0,
            QueuedAt = QueuedAt,
        };
        return Detail switch
        {
            Lease held => row with
            {
                Token = held.Token,
                Node = held.Node.Id,
                NodeSession = held.Session,
                StartedAt = held.StartedAt,
                CancelRequestedAt = held.CancelRequestedAt,
                Reason = held.IsReplaced ? EndReason.Replaced : EndReason.None,
            },
            LastAttempt last => row with
            {
                Token = last.Token,
                Node = last.Node,
                StartedAt = last.StartedAt,
                Reason = last.Reason,
                ExitCode = last.ExitCode,
                Signal = last.Signal,
            },
            _ => row,
        };
    }

    private void Set(Flags flag, bool value) => flags = value ? flags | flag : flags & ~flag;
}
