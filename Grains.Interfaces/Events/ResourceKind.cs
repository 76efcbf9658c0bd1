namespace OrleansTasks.Events;

/// <summary>What a <see cref="ResourceEvent"/> is about. Stored as a number: never renumber.</summary>
public enum ResourceKind : byte
{
    /// <summary>A queue; its id is its name.</summary>
    Queue = 0,

    /// <summary>A schedule.</summary>
    Schedule = 1,

    /// <summary>A workflow.</summary>
    Workflow = 2,
}
