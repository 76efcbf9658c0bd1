using System.Text.Json.Serialization;

namespace OrleansTasks.ApiClient;

/// <summary>A change of a task, a job, a node, a queue, a schedule or a workflow.</summary>
public sealed record ServiceEvent
{
    /// <summary>
    /// <c>task</c>, <c>job</c>, <c>node</c>, <c>queue</c>, <c>schedule</c> or <c>workflow</c>; <c>reset</c> if events
    /// were lost, because they are older than what the service keeps.
    /// </summary>
    public string Type { get; init; } = ResetType;

    /// <summary>The id or the name; empty for a reset.</summary>
    public string Id { get; init; } = "";

    /// <summary>The state that it is in now, or what has happened to it; empty for a reset.</summary>
    public string State { get; init; } = "";

    /// <summary>The attempt, for a task; otherwise null.</summary>
    public int? Attempt { get; init; }

    /// <summary>When it happened.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>The position to continue after this event.</summary>
    [JsonIgnore]
    public string? Cursor { get; init; }

    /// <summary>Whether events were lost. Read again what you keep.</summary>
    [JsonIgnore]
    public bool IsReset => Type == ResetType;

    internal const string ResetType = "reset";
}
