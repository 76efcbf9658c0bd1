namespace OrleansTasks.Queues;

/// <summary>A change to a queue's settings. A null property leaves its setting unchanged.</summary>
[GenerateSerializer, Immutable, Alias("ot.QueueChange")]
public sealed record QueueChange([property: Id(0)] Placement? Placement)
{
    /// <summary>Pauses (true) or resumes (false) the queue.</summary>
    [Id(1)] public bool? Paused { get; init; }

    /// <summary>The new <see cref="QueueSettings.MaxRunning"/>; 0 removes the limit.</summary>
    [Id(2)] public int? MaxRunning { get; init; }

    /// <summary>The new <see cref="QueueSettings.MaxDepth"/>; 0 removes the limit.</summary>
    [Id(3)] public int? MaxDepth { get; init; }

    /// <summary>The new <see cref="QueueSettings.RatePerSecond"/>; 0 removes the limit.</summary>
    [Id(4)] public double? RatePerSecond { get; init; }

    /// <summary>The new <see cref="QueueSettings.Burst"/>; 0 sets the default.</summary>
    [Id(5)] public int? Burst { get; init; }

    /// <summary>
    /// The version that the stored settings must have: 0 if the queue must not exist yet, null for any version.
    /// Gateways always set it, so that a delayed change cannot overwrite a newer one.
    /// </summary>
    [Id(6)] public long? Version { get; init; }

    /// <summary>The new <see cref="QueueSettings.Weight"/>.</summary>
    [Id(7)] public int? Weight { get; init; }

    /// <summary>Returns the settings with this change applied. The version stays the same.</summary>
    public QueueSettings Of(QueueSettings settings) => settings with
    {
        Placement = Placement ?? settings.Placement,
        Paused = Paused ?? settings.Paused,
        MaxRunning = MaxRunning is { } running ? LimitOf(running) : settings.MaxRunning,
        MaxDepth = MaxDepth is { } depth ? LimitOf(depth) : settings.MaxDepth,
        RatePerSecond = RatePerSecond is { } rate ? (rate == 0 ? null : rate) : settings.RatePerSecond,
        Burst = Burst is { } burst ? LimitOf(burst) : settings.Burst,
        Weight = Weight ?? settings.Weight,
    };

    private static int? LimitOf(int limit) => limit == 0 ? null : limit;
}
