using System.Text.Json.Serialization;
using OrleansTasks.Contract;

namespace OrleansTasks.Webhooks;

/// <summary>The event types that a webhook receives. Stored as a number: never renumber.</summary>
[Flags, JsonConverter(typeof(FlagsConverter<WebhookTypes>))]
public enum WebhookTypes
{
    /// <summary>No events.</summary>
    None = 0,

    /// <summary>Transitions of tasks.</summary>
    [JsonStringEnumMemberName("task")]
    Task = 1,

    /// <summary>Transitions of jobs.</summary>
    [JsonStringEnumMemberName("job")]
    Job = 2,

    /// <summary>State changes of nodes.</summary>
    [JsonStringEnumMemberName("node")]
    Node = 4,

    /// <summary>Changes and deletions of queues.</summary>
    [JsonStringEnumMemberName("queue")]
    Queue = 8,

    /// <summary>Changes of schedules and outcomes of their occurrences.</summary>
    [JsonStringEnumMemberName("schedule")]
    Schedule = 16,

    /// <summary>Outcomes of workflows.</summary>
    [JsonStringEnumMemberName("workflow")]
    Workflow = 32,

    /// <summary>Starts, halts and ends of rollouts.</summary>
    [JsonStringEnumMemberName("rollout")]
    Rollout = 64,
}
