using System.Text.Json.Serialization;

namespace OrleansTasks.Tasks;

/// <summary>
/// What a queue or the service may demand between a command and the machine that it runs on. The values are stored and
/// must not change.
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

/// <summary>What a task may ask for between its command and the machine, and what a node can provide.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<IsolationKind>))]
public enum IsolationKind
{
    /// <inheritdoc cref="Isolation.None"/>
    [JsonStringEnumMemberName("none")]
    None,

    /// <inheritdoc cref="Isolation.Sandbox"/>
    [JsonStringEnumMemberName("sandbox")]
    Sandbox,

    /// <summary>A container of an image, made by the engine of the worker's machine.</summary>
    [JsonStringEnumMemberName("container")]
    Container,
}

/// <summary>Relations between isolations and what nodes can do.</summary>
public static class Isolations
{
    /// <summary>What a node must be able to do for tasks of an isolation.</summary>
    public static Limits Needs(this Isolation isolation) => isolation == Isolation.Sandbox ? Limits.Sandbox : Limits.None;

    /// <summary>What a node must be able to do for a task of a kind of isolation.</summary>
    public static Limits Needs(this IsolationKind kind) => kind switch
    {
        IsolationKind.Sandbox => Limits.Sandbox,
        IsolationKind.Container => Limits.Container,
        _ => Limits.None,
    };

    /// <summary>
    /// What a node must be able to do for a task with these needs if its queue also demands <paramref name="floor"/>. A
    /// container meets the demand for a sandbox.
    /// </summary>
    public static Limits With(this Limits needs, Limits floor) =>
        needs | (needs.HasFlag(Limits.Container) ? floor & ~Limits.Sandbox : floor);
}
