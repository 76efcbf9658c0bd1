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

    /// <summary>
    /// The tree's share of the processors when others want them too, 1,024 for one processor. It limits nothing while
    /// processors are idle, and has no effect where the worker may not use control groups for it.
    /// </summary>
    public int? CpuShares { get; init; }

    /// <summary>
    /// The cores that the tree may run on, by the kernel's numbers; empty for all. Where the worker may use control
    /// groups for it, no process of the tree can leave them; elsewhere, a process can give itself others.
    /// </summary>
    public IReadOnlyList<int> Cores { get; init; } = [];

    /// <summary>Whether no limit is set.</summary>
    public bool IsNone => MemoryBytes is null && CpuTime is null && Processes is null && OpenFiles is null
        && CpuShares is null && Cores.Count == 0;
}
