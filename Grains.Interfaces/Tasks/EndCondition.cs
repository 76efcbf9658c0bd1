using System.Text.Json.Serialization;

namespace OrleansTasks.Tasks;

/// <summary>How a task must end before a task that waits for it can start.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EndCondition>))]
public enum EndCondition : byte
{
    /// <summary>The task's command exited with 0.</summary>
    [JsonStringEnumMemberName("succeeded")]
    Succeeded = 0,

    /// <summary>The task failed and is not tried again. A cancelled or skipped task has not failed.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed = 1,

    /// <summary>The task reached any final state.</summary>
    [JsonStringEnumMemberName("ended")]
    Ended = 2,
}
