using System.Text.Json.Serialization;

namespace OrleansTasks.Queues;

/// <summary>
/// How a queue chooses among the matching nodes that have a free slot. The HTTP contract calls it a strategy.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<Placement>))]
public enum Placement
{
    /// <summary>The node with the lowest share of slots in use; of equals, the one idle longest.</summary>
    [JsonStringEnumMemberName("leastLoaded")]
    LeastLoaded,

    /// <summary>The next node in a ring ordered by node id.</summary>
    [JsonStringEnumMemberName("roundRobin")]
    RoundRobin,

    /// <summary>The most loaded node with a free slot, so that few nodes are in use.</summary>
    [JsonStringEnumMemberName("pack")]
    Pack,
}
