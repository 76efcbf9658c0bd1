namespace OrleansTasks.Webhooks;

/// <summary>The event types that a webhook receives. Stored as a number: never renumber.</summary>
[Flags]
public enum WebhookTypes
{
    /// <summary>No events.</summary>
    None = 0,

    /// <summary>Transitions of tasks.</summary>
    Task = 1,

    /// <summary>Transitions of jobs.</summary>
    Job = 2,

    /// <summary>State changes of nodes.</summary>
    Node = 4,

    /// <summary>Changes and deletions of queues.</summary>
    Queue = 8,

    /// <summary>Changes of schedules and outcomes of their occurrences.</summary>
    Schedule = 16,

    /// <summary>Outcomes of workflows.</summary>
    Workflow = 32,

    /// <summary>Starts, halts and ends of rollouts.</summary>
    Rollout = 64,
}
