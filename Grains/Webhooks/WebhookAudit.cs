using OrleansTasks.Audit;
using OrleansTasks.Storage;

namespace OrleansTasks.Webhooks;

/// <summary>
/// Says who asked for a change of a webhook. Of its address only the host is said: paths and queries of such addresses
/// often hold what proves the sender.
/// </summary>
internal static class WebhookAudit
{
    /// <summary>The record of a change; null without an origin.</summary>
    /// <param name="origin">Who asked.</param>
    /// <param name="now">The time of the change, in Unix milliseconds.</param>
    /// <param name="id">The webhook.</param>
    /// <param name="before">The webhook before; null when it is new.</param>
    /// <param name="after">The webhook since; null when it was deleted.</param>
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
    });
}
