namespace OrleansTasks.Tasks;

/// <summary>What a cancel or a retry did to one task.</summary>
public enum ControlOutcome : byte
{
    /// <summary>Done, and on disk.</summary>
    Changed,

    /// <summary>It had been asked for before; nothing more to do.</summary>
    Unchanged,

    /// <summary>Cancel: the task is not open in this queue (it has ended, or there is none).</summary>
    NotOpen,

    /// <summary>Retry: the task is neither failed nor cancelled, or it is quarantined and was to be passed over.</summary>
    NotRetryable,

    /// <summary>Retry: the task's <c>secretEnv</c> went when it ended, so it cannot run again as it was.</summary>
    SecretsGone,

    /// <summary>Retry: the queue's depth limit is reached.</summary>
    QueueFull,

    /// <summary>There is no such task.</summary>
    NotFound,
}
