using System.Text.Json.Serialization;

namespace OrleansTasks.Queues;

/// <summary>How the number of a queue's waiting tasks changes.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<QueueTrend>))]
public enum QueueTrend : byte
{
    /// <summary>Nothing is known yet. The HTTP contract shows null.</summary>
    Unknown,

    /// <summary>Tasks arrive faster than they start.</summary>
    [JsonStringEnumMemberName("growing")]
    Growing,

    /// <summary>Tasks start about as fast as they arrive.</summary>
    [JsonStringEnumMemberName("steady")]
    Steady,

    /// <summary>Tasks start faster than they arrive.</summary>
    [JsonStringEnumMemberName("shrinking")]
    Shrinking,
}
