using System.Text.Json.Serialization;

namespace OrleansTasks.Schedules;

/// <summary>
/// What happens to an occurrence while an earlier start has not ended. The values are stored; never renumber.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<Overlap>))]
public enum Overlap
{
    /// <summary>The occurrence is skipped.</summary>
    [JsonStringEnumMemberName("skip")]
    Skip = 0,

    /// <summary>The occurrence starts anyway.</summary>
    [JsonStringEnumMemberName("allow")]
    Allow = 1,

    /// <summary>The occurrence waits. While one waits, further ones are skipped.</summary>
    [JsonStringEnumMemberName("queueOne")]
    QueueOne = 2,
}
