namespace OrleansTasks.Tasks;

/// <summary>
/// What a task asks for beside labels, and a node may be able to do: the kinds of limits, and results. The numbers are
/// stored and must not change.
/// </summary>
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

    /// <summary>No limit: the worker takes what a command leaves as its result.</summary>
    Results = 16,
}
