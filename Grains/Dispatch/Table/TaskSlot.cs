using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// An open task, or a run of a job's chunk, in memory: one slot of <see cref="TaskTable"/> (not a slot of a node).
/// Kept small, since a queue may have a million. Callers get it by reference from <see cref="OpenTasks"/> and set
/// fields in place. Only <see cref="OpenTasks"/> changes the state, the order, the priority and the signature, since
/// its indexes go by them. The next commit stores a changed task as the row that <see cref="ToRow"/> returns. Times
/// are Unix milliseconds of the wall clock.
/// </summary>
internal struct TaskSlot
{
    /// <summary>A <see cref="DueAt"/> that does not come.</summary>
    public const long Never = long.MaxValue;

    /// <summary>The task's id. A chunk run has one that is made from its job's and chunk's numbers.</summary>
    public TaskId Id;

    /// <summary>The task's number in the queue, from 1; 0 in a slot that is free.</summary>
    public long No;

    /// <summary>
    /// The task's place among the tasks of its priority, lowest first; no other open task of the queue has the
    /// same. It is <see cref="No"/> until a user retries the ended task, which gives a larger one.
    /// It stays when an attempt fails, is put back or is lost, so the task keeps its place.
    /// </summary>
    public long Order;

    /// <summary>
    /// While scheduled: when the task becomes queued; <see cref="Never"/> if it waits for other tasks alone. Means nothing
    /// in other states.
    /// </summary>
    public long DueAt;

    /// <summary>The task fails at this time if <see cref="Attempt"/> is still 0; 0 when it never expires.</summary>
    public long ExpiresAt;

    /// <summary>When the task last became queued; 0 when it never was.</summary>
    public long QueuedAt;

    /// <summary>
    /// A <see cref="Leasing.Lease"/> while a node holds the task (assigned or running). In other states how the latest
    /// attempt ended, as a <see cref="LastAttempt"/>, or null when there was none or nothing is known of it. One field
    /// for both, since never both are needed.
    /// </summary>
    public object? Detail;

    /// <summary>The chunk that this is a run of; null for a task.</summary>
    public DispatchChunk? Chunk;

    /// <summary>What the task asks of a node.</summary>
    public Signature Signature;

    /// <summary>When and how often the task is tried again after a failed attempt.</summary>
    public RetryPolicy Policy;

    /// <summary>
    /// Decides with the other tasks of the same concurrency key when the task is ready; null when it has no key, or is
    /// a chunk run.
    /// </summary>
    public ConcurrencyGate? Gate;

    /// <summary>
    /// The number of the latest attempt; 0 when there was none. Rises by one with every assignment, and falls by one
    /// when the node gives the attempt back before it started.
    /// </summary>
    public int Attempt;

    /// <summary>
    /// Attempts that failed and count against the policy, since acceptance or the last retry by a user.
    /// </summary>
    public FailureCounts Failures;

    /// <summary>
    /// The task starts only while fewer tasks with its concurrency key are assigned or running; 0 without a key.
    /// </summary>
    public int KeyLimit;

    /// <summary>
    /// How often the task's node was lost without counting as a failure, since acceptance or the last retry by a user.
    /// </summary>
    public byte NodeLosses;

    /// <summary>0 to <see cref="ReadyIndex.HighestPriority"/>; higher ones go first.</summary>
    public byte Priority;

    public TaskState State;

    // Flags in one byte: a larger slot would cost memory for each of a million tasks.
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
    }

    /// <summary>
    /// Whether the task was submitted with <c>secretEnv</c>. Its end removes the secrets from the store, so it cannot
    /// be retried.
    /// </summary>
    public bool HadSecrets
    {
        readonly get => (flags & Flags.HadSecrets) != 0;
        set => Set(Flags.HadSecrets, value);
    }

    /// <summary>
    /// Whether <see cref="TaskTimes"/> has an entry for the expiry. The entry stays while a node holds the task, since
    /// the first attempt may be put back. The flag prevents a second entry then.
    /// </summary>
    public bool ExpiryIsWatched
    {
        readonly get => (flags & Flags.ExpiryIsWatched) != 0;
        set => Set(Flags.ExpiryIsWatched, value);
    }

    /// <summary>
    /// Whether the task is queued, but held back by its concurrency key: it is in no ready queue. Only
    /// <see cref="ConcurrencyGate"/> changes it.
    /// </summary>
    public bool IsParked
    {
        readonly get => (flags & Flags.IsParked) != 0;
        set => Set(Flags.IsParked, value);
    }

    /// <summary>
    /// Whether the task is scheduled and waits for other tasks (<see cref="Dependencies"/>). Only <see cref="OpenTasks"/>
    /// changes it.
    /// </summary>
    public bool IsHeld
    {
        readonly get => (flags & Flags.IsHeld) != 0;
        set => Set(Flags.IsHeld, value);
    }

    /// <summary>
    /// Whether the task is a workflow's node with <c>forEach</c>: it stays scheduled until the tasks of its items have
    /// ended, and then ends.
    /// </summary>
    public bool IsForEach
    {
        readonly get => (flags & Flags.IsForEach) != 0;
        set => Set(Flags.IsForEach, value);
    }

    /// <summary>
    /// Whether the task is a workflow's node that runs a data job: it stays scheduled until the job has ended, and then
    /// ends.
    /// </summary>
    public bool IsJob
    {
        readonly get => (flags & Flags.IsJob) != 0;
        set => Set(Flags.IsJob, value);
    }

    /// <summary>Whether the task never has an attempt: it ends with tasks of items, or with a job.</summary>
    public readonly bool IsJoin => (flags & (Flags.IsForEach | Flags.IsJob)) != 0;

    /// <summary>The lease of the node that holds the task; null when no node does.</summary>
    public readonly Lease? Lease => Detail as Lease;

    /// <summary>
    /// Returns the columns of the task's stored row that can change, with their present values. For a task that ends,
    /// <see cref="TaskEnding"/> adds when and why. The rows of chunk runs are not stored.
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
