namespace OrleansTasks.Calendars;

/// <summary>A validated body of a calendar, whose rules have yet to be read.</summary>
public sealed record CalendarSpec
{
    /// <summary>Whole days.</summary>
    public ImmutableArray<DateOnly> Days { get; internal set; } = [];

    /// <summary>Rules for whole days, as RRULE of RFC 5545.</summary>
    public ImmutableArray<string> Rules { get; internal set; } = [];

    /// <summary>The IANA name of the zone whose days are meant.</summary>
    public string ZoneName { get; internal set; } = "UTC";

    /// <summary>The zone whose days are meant.</summary>
    public TimeZoneInfo Zone { get; internal set; } = TimeZoneInfo.Utc;

    /// <summary>A file of RFC 5545; null for none.</summary>
    public string? Ics { get; internal set; }

    /// <summary>The version that must be stored; null for any.</summary>
    public long? Version { get; internal set; }
}
