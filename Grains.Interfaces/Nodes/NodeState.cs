using System.Text.Json.Serialization;

namespace OrleansTasks.Nodes;

/// <summary>The state of a node in the HTTP contract.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<NodeState>))]
public enum NodeState : byte
{
    /// <summary>The node is connected and has a free slot.</summary>
    [JsonStringEnumMemberName("ready")]
    Ready,

    /// <summary>The node is connected, and all slots are in use.</summary>
    [JsonStringEnumMemberName("busy")]
    Busy,

    /// <summary>The node is connected but takes no new work.</summary>
    [JsonStringEnumMemberName("draining")]
    Draining,

    /// <summary>The node has been silent for a whole lease.</summary>
    [JsonStringEnumMemberName("lost")]
    Lost,

    /// <summary>The node said goodbye and left.</summary>
    [JsonStringEnumMemberName("gone")]
    Gone,
}
