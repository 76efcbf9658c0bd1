using OrleansTasks.Audit;

namespace OrleansTasks.Queues;

/// <summary>Who paused a queue, when and why.</summary>
/// <param name="At">When, in Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.QueuePause")]
public sealed record QueuePause([property: Id(0)] long At)
{
    /// <summary>As <see cref="Origin.Key"/>.</summary>
    [Id(1)]
    public string? Key { get; init; }

    /// <summary>As <see cref="Origin.KeyName"/>.</summary>
    [Id(2)]
    public string? KeyName { get; init; }

    /// <summary>As <see cref="Origin.Says"/>.</summary>
    [Id(3)]
    public string? Says { get; init; }

    /// <summary>As <see cref="Origin.Reason"/>.</summary>
    [Id(4)]
    public string? Reason { get; init; }

    /// <summary>The pause that somebody asks for now.</summary>
    /// <param name="origin">Who asks; null when that is not known.</param>
    /// <param name="now">The time.</param>
    public static QueuePause Of(Origin? origin, long now) => new(now)
    {
        Key = origin?.Key,
        KeyName = origin?.KeyName,
        Says = origin?.Says,
        Reason = origin?.Reason,
    };
}
