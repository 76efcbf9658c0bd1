namespace OrleansTasks.Workflows;

/// <summary>How a node counts in its workflow.</summary>
internal enum NodeStanding : byte
{
    /// <summary>Its task has not ended.</summary>
    Open,

    /// <summary>Its task succeeded or was skipped, or the node is allowed to fail.</summary>
    Fine,

    /// <summary>Its task failed or was cancelled by a caller, and the node is not allowed to fail.</summary>
    Bad,
}
