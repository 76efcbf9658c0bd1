using System.Text.Json.Serialization;

namespace OrleansTasks.Jobs;

/// <summary>The state of a job in the HTTP contract. Stored as a number: never renumber.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JobState>))]
public enum JobState : byte
{
    /// <summary>The job reads or processes items, or is stopping after a cancel or failure.</summary>
    [JsonStringEnumMemberName("running")]
    Running = 0,

    /// <summary>Every item was processed, except for skipped ones.</summary>
    [JsonStringEnumMemberName("succeeded")]
    Succeeded = 1,

    /// <summary>The job failed. The aggregate covers the work done before.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed = 2,

    /// <summary>The job was cancelled. The aggregate covers the work done before.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled = 3,
}
