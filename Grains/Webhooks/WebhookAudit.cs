using System.Text.Json;
using OrleansTasks.Audit;
using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>Builds audit records of webhook changes, with hosts only: paths and queries may hold credentials.</summary>
internal static class WebhookAudit
{
    /// <summary>Returns the record of one change to the webhook with this id; null without an origin.</summary>
    public static AuditRecord? Of(Origin? origin, long now, string id, WebhookRow? before, WebhookRow? after) =>
        ChangeAudit.Of(origin is null ? null : origin with { Target = id }, now, before, after, Write);

    private static void Write(Utf8JsonWriter json, WebhookRow row)
    {
        json.WriteString("host"u8, new Uri(row.Url).Host);
        json.WriteStartArray("types"u8);
        foreach (var type in WebhookTypeNames.Of(row.Types))
            json.WriteStringValue(type);
        json.WriteEndArray();
        json.WriteBoolean("paused"u8, row.Paused);
        if (!row.Filter.IsEmpty)
            row.Filter.WriteFields(json);
    }
}
