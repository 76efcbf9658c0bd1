using System.Text.Json.Serialization;

namespace OrleansTasks.Calendars;

/// <summary>Which version of a calendar is stored.</summary>
/// <param name="Name">The name.</param>
/// <param name="Version">1 at first, and one more with each change. Starts at 1 again after a deletion.</param>
/// <param name="ChangedAt">When this version was stored, in Unix milliseconds.</param>
[GenerateSerializer, Immutable, Alias("ot.CalendarHead")]
public readonly record struct CalendarHead(
    [property: Id(0)] string Name, [property: Id(1)] long Version, [property: Id(2)] long ChangedAt);

/// <summary>A stored calendar. Times are Unix milliseconds.</summary>
/// <param name="Name">The name.</param>
/// <param name="Version">1 at first, and one more with each change.</param>
/// <param name="ChangedAt">When this version was stored.</param>
/// <param name="Spec">The body that a user wrote, as JSON.</param>
/// <param name="Edges"><see cref="CalendarTimes.Edges"/>.</param>
/// <param name="KnownUntil">The time from which the calendar's times have not been computed yet.</param>
[GenerateSerializer, Immutable, Alias("ot.CalendarView")]
public sealed record CalendarView(
    [property: Id(0)] string Name,
    [property: Id(1)] long Version,
    [property: Id(2)] long ChangedAt,
    [property: Id(3)] ReadOnlyMemory<byte> Spec,
    [property: Id(4)] ImmutableArray<long> Edges,
    [property: Id(5)] long KnownUntil);

/// <summary>What uses a calendar.</summary>
/// <param name="Calendar">The calendar.</param>
/// <param name="Kind">A schedule or a queue.</param>
/// <param name="Id">The schedule's id, or the queue's name.</param>
/// <param name="Queue">The queue whose owner follows the calendar.</param>
[GenerateSerializer, Immutable, Alias("ot.CalendarUse")]
public sealed record CalendarUse(
    [property: Id(0)] string Calendar,
    [property: Id(1)] CalendarUserKind Kind,
    [property: Id(2)] string Id,
    [property: Id(3)] string Queue);

/// <summary>What may use a calendar. The values are stored and must not change.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<CalendarUserKind>))]
public enum CalendarUserKind
{
    /// <summary>A schedule, by <c>only</c> or <c>except</c>.</summary>
    [JsonStringEnumMemberName("schedule")]
    Schedule = 0,

    /// <summary>A queue, by <c>blackouts</c>.</summary>
    [JsonStringEnumMemberName("queue")]
    Queue = 1,
}

/// <summary>How a change of a calendar ended.</summary>
public enum CalendarOutcome
{
    /// <summary>It is stored, and its users follow it.</summary>
    Done,

    /// <summary>There is no such calendar, or nothing was to be changed.</summary>
    NotFound,

    /// <summary>Another version is stored.</summary>
    Conflict,

    /// <summary>The body cannot be used: <see cref="CalendarReply.Errors"/>.</summary>
    Invalid,

    /// <summary>Something uses the calendar: <see cref="CalendarReply.Uses"/>.</summary>
    InUse,

    /// <summary>There are as many calendars as there may be.</summary>
    TooMany,
}

/// <summary>The reply to a change of a calendar.</summary>
[GenerateSerializer, Immutable, Alias("ot.CalendarReply")]
public sealed record CalendarReply([property: Id(0)] CalendarOutcome Outcome)
{
    /// <summary>The stored calendar; null if there is none.</summary>
    [Id(1)] public CalendarView? Calendar { get; init; }

    /// <summary>What is wrong with the body: a field and a sentence each.</summary>
    [Id(2)] public ImmutableArray<CalendarFault> Errors { get; init; } = [];

    /// <summary>What uses the calendar.</summary>
    [Id(3)] public ImmutableArray<CalendarUse> Uses { get; init; } = [];

    /// <summary>Whether the call created the calendar.</summary>
    [Id(4)] public bool IsNew { get; init; }
}

/// <summary>A fault of a calendar's body.</summary>
[GenerateSerializer, Immutable, Alias("ot.CalendarFault")]
public sealed record CalendarFault([property: Id(0)] string Path, [property: Id(1)] string Text);
