using System.Text.Json.Serialization;

namespace OrleansTasks.Schedules;

/// <summary>The outcome of an occurrence so far. The values are stored and must not change.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OccurrenceOutcome>))]
public enum OccurrenceOutcome
{
    /// <summary>The occurrence waits for its start.</summary>
    [JsonStringEnumMemberName("pending")]
    Pending = 0,

    /// <summary>The occurrence started a task, job or workflow.</summary>
    [JsonStringEnumMemberName("started")]
    Started = 1,

    /// <summary>The occurrence was skipped when its time came.</summary>
    [JsonStringEnumMemberName("skipped")]
    Skipped = 2,

    /// <summary>
    /// The service did not process the time soon enough, because it was down or a clock was set forward.
    /// </summary>
    [JsonStringEnumMemberName("missed")]
    Missed = 3,
}
