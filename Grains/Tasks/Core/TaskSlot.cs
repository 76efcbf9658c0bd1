namespace OrleansTasks.Tasks;

/// <summary>
/// An open task or a run of a job's chunk, as a slot of <see cref="TaskTable"/> holds it (not a node's slot). Kept small, since there may
/// be a million. <see cref="OpenTasks"/> alone changes the state, the order, the priority and the signature, by which the task is
/// indexed. Times are Unix milliseconds.
/// </summary>
internal struct TaskSlot
{
    public TaskId Id;

    /// <summary>Its number in the partition, from 1; 0 in a slot that is free.</summary>
    public long No;

    /// <summary>
    /// Its place among the tasks of its priority; no other open task of the partition has the same. It is <see cref="No"/> until a
    /// retry of the ended task gives a larger one, and stays when an attempt is put back or lost.
    /// </summary>
    public long Order;

    /// <summary>While scheduled: when it becomes queued. Means nothing in other states.</summary>
    public long DueAt;

    /// <summary>The task fails at this time if <see cref="Attempt"/> is still 0; 0 when it never expires.</summary>
    public long ExpiresAt;

    /// <summary>When it last became queued; 0 when it never was.</summary>
    public long QueuedAt;

    /// <summary>
    /// A <see cref="Tasks.Lease"/> while a node holds the task (assigned or running); else how the latest attempt ended, as a
    /// <see cref="LastAttempt"/>, or null when there was none or nothing is known of it.
    /// </summary>
    public object? Detail;

    /// <summary>The chunk that this is a run of; null for a task.</summary>
    public DispatchChunk? Chunk;

    public Signature Signature;
    public RetryPolicy Policy;

    /// <summary>The latest attempt's number; 0 before the first, and again when the first was put back before it started.</summary>
    public int Attempt;

    /// <summary>Attempts that failed and count against the policy, since acceptance or the last retry by hand.</summary>
    public byte Failures;

    /// <summary>How often its node was lost, since acceptance or the last retry by hand.</summary>
    public byte NodeLosses;

    /// <summary>0 to <see cref="ReadyIndex.HighestPriority"/>; higher ones go first.</summary>
    public byte Priority;

    public TaskState State;

    /// <summary>Whether it was submitted with <c>secretEnv</c>, which its end removes from the store.</summary>
    public bool HadSecrets;

    /// <summary>
    /// Whether <see cref="TaskTimes"/> has an entry for its expiry. The entry stays while a node holds the task, since the first attempt
    /// may be put back; the flag prevents a second entry then.
    /// </summary>
    public bool ExpiryIsWatched;

    /// <summary>The lease of the node that holds the task; null when no node does.</summary>
    public readonly Lease? Lease => Detail as Lease;

    /// <summary>
    /// The columns to write of the task as it stands. <see cref="TaskEnding"/> adds what only an ended task has: when and why it ended.
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
            Failures = Failures,
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
}
