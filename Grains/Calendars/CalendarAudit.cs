using System.Text.Json;
using OrleansTasks.Audit;

namespace OrleansTasks.Calendars;

/// <summary>Builds audit records of changes to calendars.</summary>
internal static class CalendarAudit
{
    /// <inheritdoc cref="ChangeAudit.Of{T}"/>
    public static AuditRecord? Of(Origin? origin, long now, CalendarView? before, CalendarView? after) =>
        ChangeAudit.Of(origin, now, before, after, Write);

    private static void Write(Utf8JsonWriter json, CalendarView calendar) =>
        json.WriteNumber("version"u8, calendar.Version);
}
