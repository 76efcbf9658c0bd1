using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Postgres.Writing;

namespace OrleansTasks.Storage.Postgres;

/// <summary>Builds the statements that write a webhook commit.</summary>
internal static class WebhookStatements
{
    private const string PutWebhook = """
        INSERT INTO ot.webhooks (id, url, types, paused, created_at, secret, old_secret, old_until, last_n, failing_since,
            log_seen, nodes_seen, resources_seen, seen_in_log, filter, gone_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        ON CONFLICT (id) DO UPDATE SET url = excluded.url, types = excluded.types, paused = excluded.paused,
            created_at = excluded.created_at, secret = excluded.secret, old_secret = excluded.old_secret,
            old_until = excluded.old_until, last_n = excluded.last_n, failing_since = excluded.failing_since,
            log_seen = excluded.log_seen, nodes_seen = excluded.nodes_seen, resources_seen = excluded.resources_seen,
            seen_in_log = excluded.seen_in_log, filter = excluded.filter, gone_at = excluded.gone_at
        """;

    // Also deletes a row with the same message and another number. A previous owner that stopped before it stored its
    // position may have left one.
    private const string DropDelivery = "DELETE FROM ot.webhook_deliveries WHERE webhook = $1 AND (n = $2 OR message = $3)";

    private const string PutDelivery = """
        INSERT INTO ot.webhook_deliveries (webhook, n, message, event, at, state, tries, status, took, next_try_at, answer,
            steps)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """;

    private const string DeleteOne = "DELETE FROM ot.webhooks WHERE id = $1";
    private const string DeleteDeliveries = "DELETE FROM ot.webhook_deliveries WHERE webhook = $1";

    private const string KeepDeleted =
        "INSERT INTO ot.deleted_webhooks (id, at) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET at = excluded.at";

    private const string ForgetDeleted = "DELETE FROM ot.deleted_webhooks WHERE at < $1";

    // State 0 is open. Deletes ended deliveries whose number is $2 or more below the largest.
    private const string Trim = """
        DELETE FROM ot.webhook_deliveries WHERE webhook = $1 AND state <> 0
            AND n <= (SELECT max(n) FROM ot.webhook_deliveries WHERE webhook = $1) - $2
        """;

    // Uses the index on times: most commits find nothing to delete and read no row.
    private const string TrimByTime = "DELETE FROM ot.webhook_deliveries WHERE state <> 0 AND at < $1";

    /// <summary>Returns the statements in the order in which they must run.</summary>
    internal static List<Query> Statements(WebhookCommit commit)
    {
        List<Query> statements = [.. AuditStatements.Of(commit.Audit), .. commit.Put.Select(Put)];
        foreach (var row in commit.Deliveries)
        {
            statements.Add(new Query(DropDelivery).Bind(row.Webhook).Bind(row.Delivery.N).Bind(row.Delivery.Message));
            statements.Add(Put(row));
        }

        foreach (var webhook in commit.Deliveries.Select(static row => row.Webhook).Distinct())
            statements.Add(new Query(Trim).Bind(webhook).Bind((long)IWebhookStore.DeliveriesKept));
        if (!commit.Deliveries.IsEmpty)
            statements.Add(new Query(TrimByTime).Bind(commit.At - IWebhookStore.DeliveriesKeptFor));
        foreach (var id in commit.Deleted)
        {
            statements.Add(new Query(DeleteDeliveries).Bind(id));
            statements.Add(new Query(DeleteOne).Bind(id));
            statements.Add(new Query(KeepDeleted).Bind(id).Bind(commit.At));
        }

        if (!commit.Deleted.IsEmpty)
            statements.Add(new Query(ForgetDeleted).Bind(commit.At - IWebhookStore.DeletedKeptFor));

        return statements;
    }

    private static Query Put(WebhookRow webhook) => new Query(PutWebhook)
        .Bind(webhook.Id)
        .Bind(webhook.Url)
        .Bind((int)webhook.Types)
        .Bind(webhook.Paused)
        .Bind(webhook.CreatedAt)
        .Bind(webhook.Secret)
        .Bind(webhook.OldSecret)
        .Bind(webhook.OldUntil)
        .Bind(webhook.LastN)
        .Bind(webhook.FailingSince)
        .Bind(webhook.Seen.Log)
        .Bind(webhook.Seen.Nodes)
        .Bind(webhook.Seen.Resources)
        .Bind(webhook.Seen.InLog)
        .Bind(webhook.Filter.ToStored())
        .Bind(webhook.GoneAt);

    private static Query Put(DeliveryRow row) => new Query(PutDelivery)
        .Bind(row.Webhook)
        .Bind(row.Delivery.N)
        .Bind(row.Delivery.Message)
        .Bind(row.Delivery.Event)
        .Bind(row.Delivery.At)
        .Bind((int)row.Delivery.State)
        .Bind(row.Delivery.Tries)
        .Bind(row.Delivery.Status)
        .Bind(row.Delivery.TookMillis)
        .Bind(row.Delivery.NextTryAt ?? 0)
        .Bind(row.Delivery.Answer)
        .Bind(row.Steps);
}
