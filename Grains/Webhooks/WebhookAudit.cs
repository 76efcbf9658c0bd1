using OrleansTasks.Audit;
using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>Builds audit records of webhook changes, with hosts only: paths and queries may hold credentials.</summary>
internal static class WebhookAudit
{
    /// <summary>Returns the record of one change; null without an origin.</summary>
    /// <param name="origin">Who made the change.</param>
    /// <param name="now">The time, in Unix milliseconds.</param>
    /// <param name="id">The webhook's id.</param>
    /// <param name="before">The webhook before the change; null if the change created it.</param>
    /// <param name="after">The webhook after the change; null if the change deleted it.</param>
    public static AuditRecord? Of(Origin? origin, long now, string id, WebhookRow? before, WebhookRow? after) =>
        origin is null
        ? null
        : new AuditRecord(origin with { Target = id }, now, Count: 1)
        {
            Before = TextOf(before), After = TextOf(after),
        };

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
