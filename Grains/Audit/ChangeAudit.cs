using System.Text.Json;

namespace OrleansTasks.Audit;

/// <summary>Builds audit records that show settings before and after a change.</summary>
internal static class ChangeAudit
{
    /// <summary>Returns the record of one change; null without an origin.</summary>
    /// <param name="origin">Who made the change.</param>
    /// <param name="now">The time, in Unix milliseconds.</param>
    /// <param name="before">The settings before the change; null if the change created them.</param>
    /// <param name="after">The settings after the change; null if the change deleted them.</param>
    /// <param name="write">Writes the fields that the record shows, without secrets.</param>
    public static AuditRecord? Of<T>(
        Origin? origin, long now, T? before, T? after, Action<Utf8JsonWriter, T> write) where T : class
    {
        return origin is null
            ? null
            : new AuditRecord(origin, now, Count: 1) { Before = TextOf(before), After = TextOf(after) };

        string? TextOf(T? settings) => settings is null ? null : AuditText.Of(json => write(json, settings));
    }
}
