using OrleansTasks.Audit;

namespace OrleansTasks.Calendars;

/// <summary>Builds audit records of changes to calendars.</summary>
internal static class CalendarAudit
{
    /// <summary>Returns the record of one change; null without an origin.</summary>
    /// <param name="origin">Who made the change.</param>
    /// <param name="now">The time, in Unix milliseconds.</param>
    /// <param name="before">The calendar before the change; null if the change created it.</param>
    /// <param name="after">The calendar after the change; null if the change deleted it.</param>
    public static AuditRecord? Of(Origin? origin, long now, CalendarView? before, CalendarView? after) =>
        origin is null ? null : new AuditRecord(origin, now, 1) { Before = TextOf(before), After = TextOf(after) };

    private static string? TextOf(CalendarView? calendar) =>
        calendar is null ? null : AuditText.Of(json => json.WriteNumber("version"u8, calendar.Version));
}
