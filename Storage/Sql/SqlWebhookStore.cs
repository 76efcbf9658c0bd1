using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage.Sql;

/// <summary>The webhooks.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlWebhookStore(ISqlDatabase database) : IWebhookStore
{
    private const string WebhookColumns = """
        id, url, types, paused, created_at, secret, old_secret, old_until, last_n, failing_since,
            log_seen, nodes_seen, resources_seen, seen_in_log, filter, gone_at
        """;

    private const string All = $"SELECT {WebhookColumns} FROM ot.webhooks ORDER BY id";

    private const string PutWebhook = $"""
        INSERT INTO ot.webhooks ({WebhookColumns})
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
        ON CONFLICT (id) DO UPDATE SET url = excluded.url, types = excluded.types, paused = excluded.paused,
            created_at = excluded.created_at, secret = excluded.secret, old_secret = excluded.old_secret,
            old_until = excluded.old_until, last_n = excluded.last_n, failing_since = excluded.failing_since,
            log_seen = excluded.log_seen, nodes_seen = excluded.nodes_seen, resources_seen = excluded.resources_seen,
            seen_in_log = excluded.seen_in_log, filter = excluded.filter, gone_at = excluded.gone_at
        """;

    private const string AnyOne = "SELECT EXISTS (SELECT 1 FROM ot.webhooks)";
    private const string WasDeleted = "SELECT EXISTS (SELECT 1 FROM ot.deleted_webhooks WHERE id = $1)";

    // A new SQLite file has no epoch, which counts as 0.
    private const string ReadEpoch = "SELECT epoch FROM ot.webhook_owner";

    // The lock orders a commit and a new owner's TakeEpoch: the commit either precedes it or is refused.
    private const string LockEpoch = ReadEpoch + " FOR UPDATE";
    private const string RaiseEpoch = "UPDATE ot.webhook_owner SET epoch = epoch + 1 RETURNING epoch";
    private const string FirstEpoch = "INSERT INTO ot.webhook_owner (epoch) VALUES (1)";

    private const string DeliveryColumns = "webhook, n, message, event, at, state, tries, status, took, next_try_at, answer, steps";

    private const string OpenOnes = $"""
        SELECT {DeliveryColumns} FROM ot.webhook_deliveries /*INDEXED BY webhook_deliveries_open*/
        WHERE state = 0 ORDER BY webhook, n
        """;

    private const string Newest = $"""
        SELECT {DeliveryColumns} FROM ot.webhook_deliveries
        WHERE webhook = $1 AND n < $2 AND (state = 0 OR at >= $3) ORDER BY n DESC LIMIT $4
        """;

    // Deletes a row with the same message and another number. A previous owner that stopped before it stored its
    // position may have left one.
    private const string DropRepeat = "DELETE FROM ot.webhook_deliveries WHERE webhook = $1 AND message = $2 AND n <> $3";

    private const string PutDelivery = $"""
        INSERT INTO ot.webhook_deliveries ({DeliveryColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (webhook, n) DO UPDATE SET message = excluded.message, event = excluded.event, at = excluded.at,
            state = excluded.state, tries = excluded.tries, status = excluded.status, took = excluded.took,
            next_try_at = excluded.next_try_at, answer = excluded.answer, steps = excluded.steps
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

    private readonly Lock gate = new();

    // Whether there is a webhook; null if it has to be read. Kept only if no other service writes webhooks.
    private bool? any;

    // How often any was reset. A read that spans a reset does not set it.
    private int forgotten;

    /// <inheritdoc/>
    public ValueTask<bool> Any()
    {
        lock (gate)
            return any is { } known ? ValueTask.FromResult(known) : new ValueTask<bool>(ReadAny(forgotten));
    }

    /// <inheritdoc/>
    public Task<bool> IsDeleted(string id) =>
        database.First(new SqlStatement(WasDeleted).Bind(id), static row => row.Boolean(0));

    /// <inheritdoc/>
    public Task<long> TakeEpoch() => database.Write(async session =>
    {
        if (await First(session, RaiseEpoch).ConfigureAwait(false) is var epoch and > 0)
            return epoch;
        await session.Run(new SqlStatement(FirstEpoch)).ConfigureAwait(false);
        return 1;
    });

    /// <inheritdoc/>
    public Task<bool> Owns(long epoch) =>
        database.Read(async session => await First(session, ReadEpoch).ConfigureAwait(false) == epoch);

    /// <inheritdoc/>
    public Task<ImmutableArray<WebhookRow>> List() => database.Rows(new SqlStatement(All), static row => new WebhookRow(
        row.Text(0), row.Text(1), (WebhookTypes)row.Int32(2), row.Boolean(3), row.Int64(4), row.Bytes(5))
    {
        OldSecret = row.Bytes(6),
        OldUntil = row.Int64(7),
        LastN = row.Int64(8),
        FailingSince = row.Int64(9),
        Seen = new WebhookCursor(row.Int64(10), row.Int64(11), row.Int64(12), row.Int32(13)),
        Filter = WebhookFilter.FromStored(row.NullableText(14)),
        GoneAt = row.Int64(15),
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<DeliveryRow>> Open() => database.Rows(new SqlStatement(OpenOnes), ReadDelivery);

    /// <inheritdoc/>
    public async Task<bool> Commit(WebhookCommit commit)
    {
        try
        {
            return await database.Write(async session =>
            {
                if (await First(session, LockEpoch).ConfigureAwait(false) != commit.Epoch)
                    return false;
                await session.RunAll(Statements(commit)).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
        }
        finally
        {
            ForgetAny(commit);
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<DeliveryRow>> Deliveries(string webhook, long before, long since, int limit) =>
        database.Rows(new SqlStatement(Newest).Bind(webhook).Bind(before).Bind(since).Bind(limit), ReadDelivery);

    // Returns the statements in the order in which they must run.
    private static List<SqlStatement> Statements(WebhookCommit commit)
    {
        List<SqlStatement> statements = [.. AuditInsert.Of(commit.Audit), .. commit.Put.Select(Put)];
        foreach (var row in commit.Deliveries)
        {
            statements.Add(new SqlStatement(DropRepeat).Bind(row.Webhook).Bind(row.Delivery.Message).Bind(row.Delivery.N));
            statements.Add(Put(row));
        }

        foreach (var webhook in commit.Deliveries.Select(static row => row.Webhook).Distinct())
            statements.Add(new SqlStatement(Trim).Bind(webhook).Bind(IWebhookStore.DeliveriesKept));
        if (!commit.Deliveries.IsEmpty)
            statements.Add(new SqlStatement(TrimByTime).Bind(commit.At - IWebhookStore.DeliveriesKeptFor));
        foreach (var id in commit.Deleted)
        {
            statements.Add(new SqlStatement(DeleteDeliveries).Bind(id));
            statements.Add(new SqlStatement(DeleteOne).Bind(id));
            statements.Add(new SqlStatement(KeepDeleted).Bind(id).Bind(commit.At));
        }

        if (!commit.Deleted.IsEmpty)
            statements.Add(new SqlStatement(ForgetDeleted).Bind(commit.At - IWebhookStore.DeletedKeptFor));

        return statements;
    }

    private static SqlStatement Put(WebhookRow webhook) => new SqlStatement(PutWebhook)
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

    private static SqlStatement Put(DeliveryRow row) => new SqlStatement(PutDelivery)
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

    private static DeliveryRow ReadDelivery(ISqlRow row) => new(row.Text(0), new WebhookDelivery(
        row.Int64(1), row.Text(2), row.Bytes(3), row.Int64(4), (DeliveryState)row.Int32(5), row.Int32(6), row.NullableInt32(7),
        row.Int64(8), row.Time(9), row.NullableText(10)),
        row.Int32(11));

    private static ValueTask<long> First(ISqlSession session, string text) =>
        session.First(new SqlStatement(text), static row => row.Int64(0));

    private void ForgetAny(WebhookCommit commit)
    {
        lock (gate)
        {
            // A known webhook still exists unless the commit deleted some.
            if (any == true && commit.Deleted.IsEmpty)
                return;
            any = null;
            forgotten++;
        }
    }

    private async Task<bool> ReadAny(int forgottenBefore)
    {
        var found = await database.First(new SqlStatement(AnyOne), static row => row.Boolean(0)).ConfigureAwait(false);
        lock (gate)
        {
            // The value is stale if a write has ended since the read began.
            if (database.HasOneService && forgotten == forgottenBefore)
                any = found;
        }

        return found;
    }
}
