namespace OrleansTasks.Workflows;

/// <summary>What came of a <see cref="WorkflowRequest"/>.</summary>
public enum WorkflowOutcome
{
    /// <summary>It was done, and is on disk.</summary>
    Done = 0,

    /// <summary>There is no such workflow in this queue.</summary>
    NotFound = 1,

    /// <summary>The workflow has ended.</summary>
    Finished = 2,

    /// <summary>Nothing in it can be retried, or it is being cancelled.</summary>
    NotRetryable = 3,

    /// <summary>A node had secrets, which went when it ended, so it cannot run again as it was.</summary>
    SecretsGone = 4,

    /// <summary>The queue's depth limit is reached.</summary>
    QueueFull = 5,
}
