using System.Text.Json;
using OrleansTasks.Audit;
using OrleansTasks.Storage.Notifications;

namespace OrleansTasks.Notifications;

/// <summary>Builds audit records of changes to notifications. They name the channel, and no address.</summary>
internal static class NotificationAudit
{
    /// <summary>Returns the record of one change; null without an origin.</summary>
    /// <param name="origin">Who made the change.</param>
    /// <param name="now">The time, in Unix milliseconds.</param>
    /// <param name="before">The notification before the change; null if the change created it.</param>
    /// <param name="after">The notification after the change; null if the change deleted it.</param>
    public static AuditRecord? Of(Origin? origin, long now, NotificationRow? before, NotificationRow? after) =>
        origin is null ? null : new AuditRecord(origin, now, 1) { Before = TextOf(before), After = TextOf(after) };

    private static string? TextOf(NotificationRow? row) => row is null ? null : AuditText.Of(json =>
    {
        using var body = JsonDocument.Parse(row.Body);
        foreach (var field in body.RootElement.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (field.Name is "on" or "match" or "quiet" or "digest" or "paused")
                field.WriteTo(json);
            else if (field.Name == "to")
                json.WriteString(
                    "channel"u8, field.Value.EnumerateObject().First(static one => one.Value.ValueKind != JsonValueKind.Null).Name);
        }
    });
}
