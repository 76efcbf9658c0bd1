namespace OrleansTasks.Tasks;

/// <summary>How a task must end for another one that waits for it.</summary>
public enum EndCondition : byte
{
    /// <summary>Its command exited with 0.</summary>
    Succeeded = 0,

    /// <summary>It failed for good. A task that was cancelled or skipped has not failed.</summary>
    Failed = 1,

    /// <summary>It reached any final state.</summary>
    Ended = 2,
}
