using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite.Writing;

internal static class WebhookWriter
{
    private const string PutWebhook = """
        INSERT OR REPLACE INTO webhooks (id, url, types, paused, created_at, secret, old_secret, old_until, last_n, failing_since,
            log_seen, nodes_seen, resources_seen, seen_in_log, filter, gone_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
        """;

    // Also replaces a row with the same message and another number. A previous owner that stopped before it stored its
    // position may have left one.
    private const string PutDelivery = """
        INSERT OR REPLACE INTO webhook_deliveries (webhook, n, message, event, at, state, tries, status, took, next_try_at, answer,
            steps)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
        """;

    private const string DeleteOne = "DELETE FROM webhooks WHERE id = ?1";
    private const string DeleteDeliveries = "DELETE FROM webhook_deliveries WHERE webhook = ?1";

    private const string KeepDeleted = "INSERT OR REPLACE INTO deleted_webhooks (id, at) VALUES (?1, ?2)";
    private const string ForgetDeleted = "DELETE FROM deleted_webhooks WHERE at < ?1";

    // State 0 is open. Deletes ended deliveries whose number is ?2 or more below the largest.
    private const string Trim = """
        DELETE FROM webhook_deliveries WHERE webhook = ?1 AND state <> 0
            AND n <= (SELECT max(n) FROM webhook_deliveries WHERE webhook = ?1) - ?2
        """;

    // Uses the index on times: most commits find nothing to delete and read no row.
    private const string TrimByTime = "DELETE FROM webhook_deliveries WHERE state <> 0 AND at < ?1";

    internal static void Write(Connection connection, WebhookCommit commit)
    {
        AuditWriter.Add(connection, 0, commit.Audit);
        foreach (var webhook in commit.Put)
            Put(connection.Get(PutWebhook), webhook);
        foreach (var row in commit.Deliveries)
            Put(connection.Get(PutDelivery), row);
        foreach (var webhook in commit.Deliveries.Select(static row => row.Webhook).Distinct())
        {
            var trim = connection.Get(Trim);
            trim.Bind(1, webhook);
            trim.Bind(2, (long)IWebhookStore.DeliveriesKept);
            trim.Run();
        }

        if (!commit.Deliveries.IsEmpty)
        {
            var trim = connection.Get(TrimByTime);
            trim.Bind(1, commit.At - IWebhookStore.DeliveriesKeptFor);
            trim.Run();
        }

        foreach (var id in commit.Deleted)
        {
            Delete(connection.Get(DeleteDeliveries), id);
            Delete(connection.Get(DeleteOne), id);
            var keep = connection.Get(KeepDeleted);
            keep.Bind(1, id);
            keep.Bind(2, commit.At);
            keep.Run();
        }

        if (!commit.Deleted.IsEmpty)
        {
            var forget = connection.Get(ForgetDeleted);
            forget.Bind(1, commit.At - IWebhookStore.DeletedKeptFor);
            forget.Run();
        }
    }

    private static void Put(Statement put, WebhookRow webhook)
    {
        put.Bind(1, webhook.Id);
        put.Bind(2, webhook.Url);
        put.Bind(3, (long)webhook.Types);
        put.Bind(4, webhook.Paused);
        put.Bind(5, webhook.CreatedAt);
        put.Bind(6, webhook.Secret.Span);
        put.Bind(7, webhook.OldSecret.Span);
        put.Bind(8, webhook.OldUntil);
        put.Bind(9, webhook.LastN);
        put.Bind(10, webhook.FailingSince);
        put.Bind(11, webhook.Seen.Log);
        put.Bind(12, webhook.Seen.Nodes);
        put.Bind(13, webhook.Seen.Resources);
        put.Bind(14, (long)webhook.Seen.InLog);
        put.Bind(15, webhook.Filter.ToStored());
        put.Bind(16, webhook.GoneAt);
        put.Run();
    }

    private static void Put(Statement put, DeliveryRow row)
    {
        var delivery = row.Delivery;
        put.Bind(1, row.Webhook);
        put.Bind(2, delivery.N);
        put.Bind(3, delivery.Message);
        put.Bind(4, delivery.Event.Span);
        put.Bind(5, delivery.At);
        put.Bind(6, (long)delivery.State);
        put.Bind(7, (long)delivery.Tries);
        put.BindNullable(8, delivery.Status);
        put.Bind(9, delivery.TookMillis);
        put.Bind(10, delivery.NextTryAt ?? 0);
        put.Bind(11, delivery.Answer);
        put.Bind(12, (long)row.Steps);
        put.Run();
    }

    private static void Delete(Statement delete, string id)
    {
        delete.Bind(1, id);
        delete.Run();
    }
}
