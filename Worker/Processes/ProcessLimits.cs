namespace OrleansTasks.Worker.Processes;

/// <summary>What an attempt may use; null: as much as there is.</summary>
public sealed record ProcessLimits
{
    /// <summary>Memory of the whole tree, in bytes. Beyond it the attempt ends as out of memory.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>
    /// Processor time of the whole tree. Beyond it the tree is killed; checked twenty times a second.
    /// </summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>How many processes and threads the tree may have at once. A fork beyond it fails.</summary>
    public int? Processes { get; init; }

    /// <summary>How many open files each process may have. An open beyond it fails.</summary>
    public int? OpenFiles { get; init; }

    /// <summary>Whether nothing is limited.</summary>
    public bool IsNone => MemoryBytes is null && CpuTime is null && Processes is null && OpenFiles is null;
}
