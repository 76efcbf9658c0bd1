namespace OrleansTasks.Events;

/// <summary>The kind of resource of a <see cref="ResourceEvent"/>. Stored as a number: never renumber.</summary>
public enum ResourceKind : byte
{
    /// <summary>A queue; its id is its name.</summary>
    Queue = 0,

    /// <summary>A schedule.</summary>
    Schedule = 1,

    /// <summary>A workflow.</summary>
    Workflow = 2,

    /// <summary>A rollout.</summary>
    Rollout = 3,
}
