namespace OrleansTasks.Tasks.Spec;

/// <summary>The limits of one attempt's process tree; null means no limit.</summary>
/// <param name="MemoryBytes">Memory of the whole tree in bytes.</param>
/// <param name="CpuTime">Processor time of the whole tree.</param>
/// <param name="Processes">Number of concurrent processes.</param>
/// <param name="OpenFiles">Number of open files of each process.</param>
public sealed record TaskLimits(long? MemoryBytes, TimeSpan? CpuTime, int? Processes, int? OpenFiles)
{
    /// <summary>No limits.</summary>
    public static TaskLimits None { get; } = new(null, null, null, null);

    /// <summary>The kinds of limits that a node must be able to enforce.</summary>
    public Limits Kinds =>
        (MemoryBytes is null ? Limits.None : Limits.Memory)
        | (CpuTime is null ? Limits.None : Limits.CpuTime)
        | (Processes is null ? Limits.None : Limits.Processes)
        | (OpenFiles is null ? Limits.None : Limits.OpenFiles);
}
