using OrleansTasks.Audit;
using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>Builds audit records of webhook changes, with hosts only: paths and queries may hold credentials.</summary>
internal static class WebhookAudit
{
    /// <summary>Returns the record; null without an origin. A null row means created or deleted.</summary>
    public static AuditRecord? Of(Origin? origin, long now, string id, WebhookRow? before, WebhookRow? after) =>
        origin is null
        ? null
        : new AuditRecord(origin with { Target = id }, now, 1) { Before = TextOf(before), After = TextOf(after) };

    private static string? TextOf(WebhookRow? row) => row is null ? null : AuditText.Of(json =>
    {
        json.WriteString("host"u8, new Uri(row.Url).Host);
        json.WriteStartArray("types"u8);
        foreach (var type in WebhookTypeNames.Of(row.Types))
            json.WriteStringValue(type);
        json.WriteEndArray();
        json.WriteBoolean("paused"u8, row.Paused);
        if (!row.Filter.IsEmpty)
            row.Filter.WriteFields(json);
    });
}
