namespace OrleansTasks.Tasks;

/// <summary>How a task must end before a task that waits for it can start.</summary>
public enum EndCondition : byte
{
    /// <summary>The task's command exited with 0.</summary>
    Succeeded = 0,

    /// <summary>The task failed and is not tried again. A cancelled or skipped task has not failed.</summary>
    Failed = 1,

    /// <summary>The task reached any final state.</summary>
    Ended = 2,
}
