namespace OrleansTasks.Tasks;

/// <summary>The order of a list of tasks: largest value first; equal values by id, newest first.</summary>
public enum TaskSort : byte
{
    /// <summary>When the task was created.</summary>
    Created,

    /// <summary>When the task ended; tasks that have not ended come last.</summary>
    Ended,

    /// <summary>How long the latest attempt ran, or has run so far; tasks that have not started come last.</summary>
    Took,

    /// <summary>The peak memory of the latest attempt; tasks without a figure come last.</summary>
    Memory,
}
