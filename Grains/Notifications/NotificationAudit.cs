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
        if (BodyOf(row) is not { ValueKind: JsonValueKind.Object } body)
            return;
        foreach (var field in body.EnumerateObject())
        {
            if (field.Value.ValueKind == JsonValueKind.Null)
                continue;
            if (field.Name is "on" or "match" or "quiet" or "digest" or "paused")
                field.WriteTo(json);
            else if (field.Name == "to" && ChannelOf(field.Value) is { } channel)
                json.WriteString("channel"u8, channel);
        }
    }

    // A notification that another version stored, in a form unknown here, can be replaced and deleted all the same.
    private static JsonElement? BodyOf(NotificationRow row)
    {
        try
        {
            return JsonElement.Parse(row.Body.Span);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? ChannelOf(JsonElement to) => to.ValueKind != JsonValueKind.Object ? null
        : to.EnumerateObject().Where(static one => one.Value.ValueKind != JsonValueKind.Null)
            .Select(static one => one.Name).FirstOrDefault();
}
