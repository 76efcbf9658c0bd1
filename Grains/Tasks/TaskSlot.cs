namespace OrleansTasks.Tasks;

/// <summary>An open task in a dispatcher's memory: small, since there may be a million. Times are Unix milliseconds.</summary>
internal struct TaskSlot
{
    public TaskId Id;
    public long No;
    public long Order;
    public long DueAt;
    public long ExpiresAt;
    public long QueuedAt;

    /// <summary>A <see cref="Tasks.Lease"/> while a node holds the task, else the <see cref="LastAttempt"/> or null.</summary>
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
}
