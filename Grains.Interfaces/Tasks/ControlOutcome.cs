namespace OrleansTasks.Tasks;

/// <summary>What a cancel or a retry did to one task.</summary>
public enum ControlOutcome : byte
{
    /// <summary>The request was carried out, and the change is stored.</summary>
    Changed,

    /// <summary>The same had been requested before, so nothing changed.</summary>
    Unchanged,

    /// <summary>Cancel: the task is not open in this queue. It has ended or does not exist.</summary>
    NotOpen,

    /// <summary>
    /// Retry: the task is neither failed nor cancelled, or it is quarantined and the request skips such tasks.
    /// </summary>
    NotRetryable,

    /// <summary>
    /// Retry: the task's <c>secretEnv</c> was deleted when it ended, so it cannot run again unchanged.
    /// </summary>
    SecretsGone,

    /// <summary>Retry: the queue's depth limit is reached.</summary>
    QueueFull,

    /// <summary>There is no such task.</summary>
    NotFound,
}
