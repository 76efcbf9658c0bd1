namespace OrleansTasks.Worker.Processes;

/// <summary>The resources that an attempt may use; null means no limit.</summary>
public sealed record ProcessLimits
{
    /// <summary>The memory of the whole tree, in bytes. An attempt that exceeds it ends as out of memory.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>The processor time of the whole tree. A tree that exceeds it is killed; checked every 50 ms.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>The maximum number of processes and threads in the tree at a time. A fork beyond it fails.</summary>
    public int? Processes { get; init; }

    /// <summary>The maximum number of open files of each process. Opening another one fails.</summary>
    public int? OpenFiles { get; init; }

    /// <summary>Whether no limit is set.</summary>
    public bool IsNone => MemoryBytes is null && CpuTime is null && Processes is null && OpenFiles is null;
}
