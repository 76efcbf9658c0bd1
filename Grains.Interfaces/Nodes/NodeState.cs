namespace OrleansTasks.Nodes;

/// <summary>The state of a node in the HTTP contract.</summary>
public enum NodeState : byte
{
    /// <summary>Connected, with a free slot.</summary>
    Ready,

    /// <summary>Connected, every slot taken.</summary>
    Busy,

    /// <summary>Connected, takes no new work.</summary>
    Draining,

    /// <summary>Silent for a whole lease.</summary>
    Lost,

    /// <summary>Said goodbye.</summary>
    Gone,
}
