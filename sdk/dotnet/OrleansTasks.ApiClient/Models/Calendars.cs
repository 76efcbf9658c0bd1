namespace OrleansTasks.ApiClient;

/// <summary>A calendar: a named set of times.</summary>
public sealed record CalendarDetails
{
    /// <summary>The name.</summary>
    public string Name { get; init; } = "";

    /// <summary>Increases by one with each change, and when the service computes the times of further years.</summary>
    public long Version { get; init; }

    /// <summary>When this version was stored.</summary>
    public DateTimeOffset ChangedAt { get; init; }

    /// <summary>
    /// The IANA name of the time zone whose days are meant; null if the service's machine no longer knows it.
    /// </summary>
    public string? Zone { get; init; }

    /// <summary>The times that are not over, at most 20.</summary>
    public IReadOnlyList<CalendarSpan> Next { get; init; } = [];

    /// <summary>The time up to which the times are computed.</summary>
    public DateTimeOffset KnownUntil { get; init; }
}

/// <summary>A span of time of a calendar.</summary>
public sealed record CalendarSpan
{
    /// <summary>The start.</summary>
    public DateTimeOffset From { get; init; }

    /// <summary>The end, exclusive.</summary>
    public DateTimeOffset To { get; init; }
}
