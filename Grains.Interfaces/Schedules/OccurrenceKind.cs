using System.Text.Json.Serialization;

namespace OrleansTasks.Schedules;

/// <summary>Why an occurrence exists. The values are stored and must not change.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OccurrenceKind>))]
public enum OccurrenceKind
{
    /// <summary>A time of the schedule was reached.</summary>
    [JsonStringEnumMemberName("time")]
    Time = 0,

    /// <summary>A user triggered an occurrence at once.</summary>
    [JsonStringEnumMemberName("trigger")]
    Trigger = 1,

    /// <summary>A user requested a backfill of a past range.</summary>
    [JsonStringEnumMemberName("backfill")]
    Backfill = 2,

    /// <summary>A file appeared in the folder that the schedule watches.</summary>
    [JsonStringEnumMemberName("file")]
    File = 3,
}
