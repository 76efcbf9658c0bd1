namespace OrleansTasks.Tasks.Spec;

/// <summary>The limits of one attempt's process tree; null is no limit.</summary>
/// <param name="MemoryBytes">Bytes of memory of the whole tree.</param>
/// <param name="CpuTime">Processor time of the whole tree.</param>
/// <param name="Processes">Processes at once.</param>
/// <param name="OpenFiles">Open files of each process.</param>
public sealed record TaskLimits(long? MemoryBytes, TimeSpan? CpuTime, int? Processes, int? OpenFiles)
{
    /// <summary>No limit.</summary>
    public static TaskLimits None { get; } = new(null, null, null, null);

    /// <summary>The kinds of limits that a node must be able to enforce.</summary>
    public Limits Kinds =>
        (MemoryBytes is null ? Limits.None : Limits.Memory)
        | (CpuTime is null ? Limits.None : Limits.CpuTime)
        | (Processes is null ? Limits.None : Limits.Processes)
        | (OpenFiles is null ? Limits.None : Limits.OpenFiles);
}
