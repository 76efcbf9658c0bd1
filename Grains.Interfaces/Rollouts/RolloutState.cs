using System.Text.Json.Serialization;
using OrleansTasks.Contract;

namespace OrleansTasks.Rollouts;

/// <summary>The state of a rollout. The values are stored.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RolloutState>))]
public enum RolloutState : byte
{
    /// <summary>Nodes run the command, or their turn will come.</summary>
    [JsonStringEnumMemberName("running")]
    Running = 0,

    /// <summary>Too many nodes have failed. Nothing more is started until an operator decides.</summary>
    [JsonStringEnumMemberName("halted")]
    Halted = 1,

    /// <summary>
    /// All turns are over, and no more nodes failed than allowed. Nodes that were away may be missing.
    /// </summary>
    [JsonStringEnumMemberName("succeeded")]
    Succeeded = 2,

    /// <summary>All turns are over, and more nodes failed than allowed.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed = 3,

    /// <summary>A caller cancelled the rollout.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled = 4,
}

/// <summary>The state of a node in a rollout. The values are stored.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RolloutNodeState>))]
public enum RolloutNodeState : byte
{
    /// <summary>The node's turn has not come.</summary>
    [JsonStringEnumMemberName("pending")]
    Pending = 0,

    /// <summary>The node took no work when its turn came.</summary>
    [JsonStringEnumMemberName("away")]
    Away = 1,

    /// <summary>The node's task has not ended.</summary>
    [JsonStringEnumMemberName("open")]
    Open = 2,

    /// <summary>The node's task succeeded.</summary>
    [JsonStringEnumMemberName("succeeded")]
    Succeeded = 3,

    /// <summary>The node's task failed or was cancelled.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed = 4,
}

/// <summary>The names of the states in the HTTP contract.</summary>
public static class RolloutNames
{
    private static readonly string[] States = EnumNames.Of<RolloutState>();

    /// <summary>The names of all states of nodes, in enum order.</summary>
    public static ImmutableArray<string> AllNodeStates { get; } = [.. EnumNames.Of<RolloutNodeState>()];

    /// <summary>Returns the name in the HTTP contract.</summary>
    public static string Name(this RolloutState state) => States[(int)state];

    /// <summary>Returns the name in the HTTP contract.</summary>
    public static string Name(this RolloutNodeState state) => AllNodeStates[(int)state];

    /// <summary>Returns whether the rollout has ended. A retry can reopen it.</summary>
    public static bool IsFinal(this RolloutState state) => state > RolloutState.Halted;
}
