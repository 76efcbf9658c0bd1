using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage.Postgres;

/// <summary>The webhooks in the PostgreSQL database.</summary>
/// <param name="database">The open database.</param>
public sealed class PostgresWebhookStore(PostgresDatabase database) : IWebhookStore
{
    private const string All = """
        SELECT id, url, types, paused, created_at, secret, old_secret, old_until, last_n, failing_since,
            log_seen, nodes_seen, resources_seen, seen_in_log, filter, gone_at
        FROM ot.webhooks ORDER BY id
        """;

    private const string AnyOne = "SELECT EXISTS (SELECT 1 FROM ot.webhooks)";
    private const string WasDeleted = "SELECT EXISTS (SELECT 1 FROM ot.deleted_webhooks WHERE id = $1)";
    private const string ReadEpoch = "SELECT epoch FROM ot.webhook_owner";

    // The lock orders a commit and a new owner's TakeEpoch: the commit either precedes it or is refused.
    private const string LockEpoch = "SELECT epoch FROM ot.webhook_owner FOR UPDATE";
    private const string RaiseEpoch = "UPDATE ot.webhook_owner SET epoch = epoch + 1 RETURNING epoch";
    private const string Columns = "webhook, n, message, event, at, state, tries, status, took, next_try_at, answer, steps";
    private const string OpenOnes = $"SELECT {Columns} FROM ot.webhook_deliveries WHERE state = 0 ORDER BY webhook, n";

    private const string Newest = $"""
        SELECT {Columns} FROM ot.webhook_deliveries
        WHERE webhook = $1 AND n < $2 AND (state = 0 OR at >= $3) ORDER BY n DESC LIMIT $4
        """;

    /// <inheritdoc/>
    public ValueTask<bool> Any() => new(database.Read(static session => session.First(new Query(AnyOne), static row => row.Boolean(0))));

    /// <inheritdoc/>
    public Task<bool> IsDeleted(string id) =>
        database.Read(session => session.First(new Query(WasDeleted).Bind(id), static row => row.Boolean(0)));

    /// <inheritdoc/>
    public Task<long> TakeEpoch() => database.Write(session => First(session, RaiseEpoch));

    /// <inheritdoc/>
    public Task<bool> Owns(long epoch) =>
        database.Read(async session => await First(session, ReadEpoch).ConfigureAwait(false) == epoch);

    /// <inheritdoc/>
    public async Task<ImmutableArray<WebhookRow>> List() => [.. await database.Read(session => session.All(
        new Query(All), static row => new WebhookRow(
            row.Text(0)!, row.Text(1)!, (WebhookTypes)row.Int32(2), row.Boolean(3), row.Int64(4), row.Memory(5))
        {
            OldSecret = row.Memory(6),
            OldUntil = row.Int64(7),
            LastN = row.Int64(8),
            FailingSince = row.Int64(9),
            Seen = new WebhookCursor(row.Int64(10), row.Int64(11), row.Int64(12), row.Int32(13)),
            Filter = WebhookFilter.FromStored(row.Text(14)),
            GoneAt = row.Int64(15),
        })).ConfigureAwait(false)];

    /// <inheritdoc/>
    public Task<ImmutableArray<DeliveryRow>> Open() => Read(new Query(OpenOnes));

    /// <inheritdoc/>
    public Task<bool> Commit(WebhookCommit commit) => database.Write(async session =>
    {
        if (await First(session, LockEpoch).ConfigureAwait(false) != commit.Epoch)
            return false;
        if (WebhookStatements.Statements(commit) is { Count: > 0 } statements)
            await session.RunAll(statements).ConfigureAwait(false);
        return true;
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<DeliveryRow>> Deliveries(string webhook, long before, long since, int limit) =>
        Read(new Query(Newest).Bind(webhook).Bind(before).Bind(since).Bind((long)limit));

    private static Task<long> First(Session session, string sql) => session.First(new Query(sql), static row => row.Int64(0));

    private async Task<ImmutableArray<DeliveryRow>> Read(Query query) => [.. await database.Read(session => session.All(
        query, static row => new DeliveryRow(row.Text(0)!, new WebhookDelivery(
            row.Int64(1), row.Text(2)!, row.Memory(3), row.Int64(4), (DeliveryState)row.Int32(5), row.Int32(6), row.NullableInt32(7),
            row.Int64(8), row.Time(9), row.Text(10)),
            row.Int32(11)))).ConfigureAwait(false)];
}
