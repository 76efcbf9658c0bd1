using OrleansTasks.Audit;

namespace OrleansTasks.Queues;

/// <summary>Who paused a queue, when (<paramref name="At"/>, in Unix milliseconds) and why.</summary>
[GenerateSerializer, Immutable, Alias("ot.QueuePause")]
public sealed record QueuePause([property: Id(0)] long At)
{
    /// <inheritdoc cref="Origin.Key"/>
    [Id(1)]
    public string? Key { get; init; }

    /// <inheritdoc cref="Origin.KeyName"/>
    [Id(2)]
    public string? KeyName { get; init; }

    /// <inheritdoc cref="Origin.Says"/>
    [Id(3)]
    public string? Says { get; init; }

    /// <inheritdoc cref="Origin.Reason"/>
    [Id(4)]
    public string? Reason { get; init; }

    /// <summary>Creates a pause that starts at a time in Unix milliseconds; the origin is null if unknown.</summary>
    public static QueuePause Of(Origin? origin, long now) => new(now)
    {
        Key = origin?.Key,
        KeyName = origin?.KeyName,
        Says = origin?.Says,
        Reason = origin?.Reason,
    };
}
