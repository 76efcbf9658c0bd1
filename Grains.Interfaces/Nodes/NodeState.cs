namespace OrleansTasks.Nodes;

/// <summary>The state of a node in the HTTP contract.</summary>
public enum NodeState : byte
{
    /// <summary>The node is connected and has a free slot.</summary>
    Ready,

    /// <summary>The node is connected, and all slots are in use.</summary>
    Busy,

    /// <summary>The node is connected but takes no new work.</summary>
    Draining,

    /// <summary>The node has been silent for a whole lease.</summary>
    Lost,

    /// <summary>The node said goodbye and left.</summary>
    Gone,
}
