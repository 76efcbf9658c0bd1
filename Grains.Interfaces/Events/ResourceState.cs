namespace OrleansTasks.Events;

/// <summary>What happened to a resource. Stored as a number: never renumber.</summary>
public enum ResourceState : byte
{
    /// <summary>It was made, or its settings were changed.</summary>
    Changed = 0,

    /// <summary>It was deleted.</summary>
    Deleted = 1,
}
