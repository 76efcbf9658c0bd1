using System.Text.Json.Serialization;

namespace OrleansTasks.Schedules;

/// <summary>Why an occurrence was skipped. The values are stored and must not change.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SkipReason>))]
public enum SkipReason
{
    /// <summary>The occurrence was not skipped, or a pause or change came while it waited for its jitter.</summary>
    None = 0,

    /// <summary>An earlier start had not ended.</summary>
    [JsonStringEnumMemberName("overlap")]
    Overlap = 1,

    /// <summary>The queue accepted no more tasks.</summary>
    [JsonStringEnumMemberName("queue-full")]
    QueueFull = 2,

    /// <summary>The time was in a blackout of the queue.</summary>
    [JsonStringEnumMemberName("blackout")]
    Blackout = 3,
}
