using System.Text.Json.Serialization;

namespace OrleansTasks.Schedules;

/// <summary>
/// What happens to a schedule's time in a blackout of the queue. The values are stored; never renumber.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<OnBlackout>))]
public enum OnBlackout
{
    /// <summary>The task, job or workflow is started; the queue holds it until the blackout ends.</summary>
    [JsonStringEnumMemberName("after")]
    After = 0,

    /// <summary>The time is skipped.</summary>
    [JsonStringEnumMemberName("skip")]
    Skip = 1,
}
