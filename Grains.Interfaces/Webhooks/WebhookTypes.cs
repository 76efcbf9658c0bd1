namespace OrleansTasks.Webhooks;

/// <summary>The types of events that a webhook is told of. Stored as a number: never renumber.</summary>
[Flags]
public enum WebhookTypes
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Transitions of tasks.</summary>
    Task = 1,

    /// <summary>Transitions of jobs.</summary>
    Job = 2,

    /// <summary>Changes of nodes' states.</summary>
    Node = 4,

    /// <summary>Changes and deletions of queues.</summary>
    Queue = 8,

    /// <summary>Changes of schedules, and what becomes of their occurrences.</summary>
    Schedule = 16,

    /// <summary>What becomes of workflows.</summary>
    Workflow = 32,
}
