namespace OrleansTasks.Tasks;

/// <summary>By what a list of tasks is ordered: the largest value first, equal ones by id from the newest on.</summary>
public enum TaskSort : byte
{
    /// <summary>When the task was created.</summary>
    Created,

    /// <summary>When the task ended; those that have not ended come last.</summary>
    Ended,

    /// <summary>How long the latest attempt ran, or has run by now; those that have not started come last.</summary>
    Took,

    /// <summary>The most memory that the latest attempt used; those without a figure come last.</summary>
    Memory,
}
