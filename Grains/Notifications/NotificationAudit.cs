using System.Text.Json;
using OrleansTasks.Audit;
using OrleansTasks.Storage.Notifications;

namespace OrleansTasks.Notifications;

/// <summary>Builds audit records of changes to notifications, with the channel but no address.</summary>
internal static class NotificationAudit
{
    /// <inheritdoc cref="ChangeAudit.Of{T}"/>
    public static AuditRecord? Of(Origin? origin, long now, NotificationRow? before, NotificationRow? after) =>
        ChangeAudit.Of(origin, now, before, after, Write);

    private static void Write(Utf8JsonWriter json, NotificationRow row)
    {
        using var body = JsonDocument.Parse(row.Body);
        foreach (var field in body.RootElement.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (field.Name is "on" or "match" or "quiet" or "digest" or "paused")
                field.WriteTo(json);
            else if (field.Name == "to")
                json.WriteString("channel"u8, ChannelOf(field.Value));
        }
    }

    private static string ChannelOf(JsonElement to) =>
        to.EnumerateObject().First(static one => one.Value.ValueKind != JsonValueKind.Null).Name;
}
