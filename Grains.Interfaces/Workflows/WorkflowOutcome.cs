namespace OrleansTasks.Workflows;

/// <summary>The outcome of a <see cref="WorkflowRequest"/>.</summary>
public enum WorkflowOutcome
{
    /// <summary>The request was carried out, and the change is stored.</summary>
    Done = 0,

    /// <summary>There is no such workflow in this queue.</summary>
    NotFound = 1,

    /// <summary>The workflow has ended.</summary>
    Finished = 2,

    /// <summary>The workflow has nothing to retry, or is being cancelled.</summary>
    NotRetryable = 3,

    /// <summary>
    /// A node's secrets were deleted when it ended, so it cannot run again with the same environment.
    /// </summary>
    SecretsGone = 4,

    /// <summary>The queue's depth limit is reached.</summary>
    QueueFull = 5,
}
