namespace OrleansTasks.Storage.Memory;

/// <summary>What goes wrong in a memory store; set by tests and simulations. All of it is off at first.</summary>
public sealed class MemoryStoreFaults
{
    private readonly Queue<CommitFault> next = new();

    /// <summary>Decides over a commit for which <see cref="Next"/> has nothing in line.</summary>
    public Func<QueueCommit, CommitFault>? Decide { get; set; }

    /// <summary>
    /// How long each write takes, by the store's clock; 0 means that it is done when the call returns.
    /// </summary>
    public TimeSpan Latency { get; set; }

    /// <summary>When set, every read throws <see cref="StoreUnavailableException"/>.</summary>
    public bool FailReads { get; set; }

    /// <summary>When set, the disk counts as nearly full.</summary>
    public bool LowSpace { get; set; }

    /// <summary>Puts a fault in line for the next commit that has none yet.</summary>
    public void Next(CommitFault fault) => next.Enqueue(fault);

    internal CommitFault Take(QueueCommit commit) =>
        next.TryDequeue(out var fault) ? fault : Decide?.Invoke(commit) ?? CommitFault.None;
}
