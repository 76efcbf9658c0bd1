using System.Text.Json.Serialization;

namespace OrleansTasks.Tasks;

/// <summary>
/// What stands between a command and the machine that it runs on. The values are stored and must not change.
/// </summary>
[JsonConverter(typeof(JsonStringEnumConverter<Isolation>))]
public enum Isolation
{
    /// <summary>Nothing but the worker's limits and user.</summary>
    [JsonStringEnumMemberName("none")]
    None,

    /// <summary>Namespaces, a read-only root, no capabilities and a filter of system calls.</summary>
    [JsonStringEnumMemberName("sandbox")]
    Sandbox,
}

/// <summary>Relations between isolations and what nodes can do.</summary>
public static class Isolations
{
    /// <summary>What a node must be able to do for tasks of an isolation.</summary>
    public static Limits Needs(this Isolation isolation) => isolation == Isolation.Sandbox ? Limits.Sandbox : Limits.None;
}
