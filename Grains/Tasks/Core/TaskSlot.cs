namespace OrleansTasks.Tasks;

/// <summary>
/// An open task in a dispatcher's memory: small, since there may be a million. Times are Unix milliseconds.
/// </summary>
internal struct TaskSlot
{
    public TaskId Id;

    /// <summary>Its number in the partition, from 1; 0 in a slot that is free.</summary>
    public long No;

    public long Order;
    public long DueAt;
    public long ExpiresAt;
    public long QueuedAt;

    /// <summary>
    /// A <see cref="Tasks.Lease"/> while a node holds the task, else the <see cref="LastAttempt"/> or null.
    /// </summary>
    public object? Detail;

    /// <summary>What it is of a job; null for a command.</summary>
    public DispatchChunk? Chunk;

    public Signature Signature;
    public RetryPolicy Policy;
    public int Attempt;
    public byte Failures;
    public byte NodeLosses;
    public byte Priority;
    public TaskState State;
    public bool HadSecrets;

    /// <summary>Whether its expiry waits among the times; it outlasts an assignment, which may be put back.</summary>
    public bool ExpiryIsWatched;

    public readonly Lease? Lease => Detail as Lease;

    /// <summary>The columns to write of the task as it stands.</summary>
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
