using System.Text.Json.Serialization;

namespace OrleansTasks.Schedules;

/// <summary>Which missed occurrences of a schedule run later. The values are stored and must not change.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CatchUp>))]
public enum CatchUp
{
    /// <summary>None.</summary>
    [JsonStringEnumMemberName("none")]
    None = 0,

    /// <summary>Only the latest.</summary>
    [JsonStringEnumMemberName("one")]
    One = 1,

    /// <summary>The newest up to <see cref="SchedulePlan.CatchUpLimit"/>, oldest first.</summary>
    [JsonStringEnumMemberName("all")]
    All = 2,
}
