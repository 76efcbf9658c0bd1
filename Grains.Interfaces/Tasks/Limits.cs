namespace OrleansTasks.Tasks;

/// <summary>The kinds of limits that a task asks for or a node can enforce. The numbers are stored and must not change.</summary>
[Flags]
public enum Limits : byte
{
    /// <summary>No limit.</summary>
    None = 0,

    /// <summary>Memory of the whole tree, in bytes.</summary>
    Memory = 1,

    /// <summary>Processor time of the whole tree.</summary>
    CpuTime = 2,

    /// <summary>The number of processes at once.</summary>
    Processes = 4,

    /// <summary>The number of open files of each process.</summary>
    OpenFiles = 8,
}
