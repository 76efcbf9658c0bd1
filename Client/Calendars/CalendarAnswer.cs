using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using OrleansTasks.Calendars;
using OrleansTasks.Client.Contract;
using OrleansTasks.Contract;

namespace OrleansTasks.Client.Calendars;

/// <summary>A calendar, as the HTTP contract shows it.</summary>
[Schema("Calendar"), Description("A calendar: days, rules and events whose times schedules and blackouts follow.")]
internal sealed class CalendarAnswer
{
    private const int MostNext = 20;
    private readonly CalendarView calendar;
    private readonly CalendarSpec? spec;
    private readonly long now;
    private readonly ImmutableArray<CalendarUse>? uses;

    private CalendarAnswer(CalendarView calendar, ImmutableArray<CalendarUse>? uses, long now)
    {
        (this.calendar, this.uses, this.now) = (calendar, uses, now);
        try
        {
            spec = CalendarSpecReader.ReadStored(calendar.Spec.Span);
        }
        catch (FormatException)
        {
            // Its zone no longer exists on this machine.
        }
    }

    [Description("The name.")]
    public string Name => calendar.Name;

    [Description("Increases by one with each change, and when the service computes the times of further years."), Range(1, double.PositiveInfinity)]
    public long Version => calendar.Version;

    [Description("When this version was stored.")]
    public Timestamp ChangedAt => calendar.ChangedAt;

    [Description("Whole days.")]
    public IEnumerable<string> Days => spec?.Days.Select(static day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)) ?? [];

    [Description("Whole days that repeat, each an RRULE of RFC 5545.")]
    public IEnumerable<string> Rules => spec?.Rules ?? [];

    [Description("The IANA name of the time zone whose days are meant; null if it no longer exists on the machine.")]
    public string? Zone => spec?.ZoneName;

    [Description("The calendar file; null if there is none, and in a list.")]
    public string? Ics => uses is null ? null : spec?.Ics;

    [Description("The times that are not over, as spans that do not touch."), MaxLength(MostNext)]
    public IEnumerable<CalendarSpanAnswer> Next =>
        CalendarTimes.OfEdges(calendar.Edges).After(now, MostNext).Select(static span => new CalendarSpanAnswer(span.From, span.To));

    [Description("The time up to which the times are computed.")]
    public Timestamp KnownUntil => calendar.KnownUntil;

    [Description("What uses the calendar, at most 20; null in a list.")]
    public IEnumerable<CalendarUseAnswer>? UsedBy => uses?.Select(static use => new CalendarUseAnswer(use.Kind, use.Id));

    /// <summary>The example of the contract.</summary>
    public static CalendarAnswer Example => Of(
        new CalendarView(
            "holidays", 1, Examples.Time, """{"days":["2026-12-24"],"zone":"Europe/Berlin"}"""u8.ToArray(),
            [1_798_066_800_000, 1_798_153_200_000], Examples.Time + 315_532_800_000),
        [new CalendarUse("holidays", CalendarUserKind.Schedule, "nightly", "default")], Examples.Time);

    /// <summary>Returns the answer of a calendar.</summary>
    /// <param name="calendar">The calendar.</param>
    /// <param name="uses">What uses it; null in a list.</param>
    /// <param name="now">The time.</param>
    public static CalendarAnswer Of(CalendarView calendar, ImmutableArray<CalendarUse>? uses, long now) => new(calendar, uses, now);
}

/// <summary>A span of time.</summary>
internal sealed record CalendarSpanAnswer(
    [property: Description("The start.")] Timestamp From, [property: Description("The end, exclusive.")] Timestamp To);

/// <summary>What uses a calendar.</summary>
internal sealed record CalendarUseAnswer(
    [property: Description("Whether it is a schedule or a queue.")] CalendarUserKind Kind,
    [property: Description("The schedule's id, or the queue's name.")] string Id);
