namespace OrleansTasks.Rollouts;

/// <summary>The state of a rollout. The values are stored.</summary>
public enum RolloutState : byte
{
    /// <summary>Nodes run the command, or their turn will come.</summary>
    Running = 0,

    /// <summary>Too many nodes have failed. Nothing more is started until an operator decides.</summary>
    Halted = 1,

    /// <summary>
    /// All turns are over, and no more nodes failed than allowed. Nodes that were away may be missing.
    /// </summary>
    Succeeded = 2,

    /// <summary>All turns are over, and more nodes failed than allowed.</summary>
    Failed = 3,

    /// <summary>A caller cancelled the rollout.</summary>
    Cancelled = 4,
}

/// <summary>The state of a node in a rollout. The values are stored.</summary>
public enum RolloutNodeState : byte
{
    /// <summary>The node's turn has not come.</summary>
    Pending = 0,

    /// <summary>The node took no work when its turn came.</summary>
    Away = 1,

    /// <summary>The node's task has not ended.</summary>
    Open = 2,

    /// <summary>The node's task succeeded.</summary>
    Succeeded = 3,

    /// <summary>The node's task failed or was cancelled.</summary>
    Failed = 4,
}

/// <summary>The names of the states in the HTTP contract.</summary>
public static class RolloutNames
{
    private static readonly string[] States = ["running", "halted", "succeeded", "failed", "cancelled"];

    /// <summary>The names of all states of nodes, in enum order.</summary>
    public static ImmutableArray<string> AllNodeStates { get; } = ["pending", "away", "open", "succeeded", "failed"];

    /// <summary>Returns the name in the HTTP contract.</summary>
    public static string Name(this RolloutState state) => States[(int)state];

    /// <summary>Returns the name in the HTTP contract.</summary>
    public static string Name(this RolloutNodeState state) => AllNodeStates[(int)state];

    /// <summary>Returns whether the rollout has ended. A retry can reopen it.</summary>
    public static bool IsFinal(this RolloutState state) => state > RolloutState.Halted;
}
