using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Storage.Sqlite.Writing;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>The webhooks in the SQLite file.</summary>
/// <param name="database">The open database.</param>
public sealed class SqliteWebhookStore(SqliteDatabase database) : IWebhookStore
{
    private const string All = """
        SELECT id, url, types, paused, created_at, secret, old_secret, old_until, last_n, failing_since,
            log_seen, nodes_seen, resources_seen, seen_in_log, filter, gone_at
        FROM webhooks ORDER BY id
        """;

    private const string CountDeleted = "SELECT count(*) FROM deleted_webhooks WHERE id = ?1";
    private const string AnyOne = "SELECT EXISTS (SELECT 1 FROM webhooks)";
    private const string ReadEpoch = "SELECT ifnull((SELECT epoch FROM webhook_owner), 0)";

    private const string RaiseEpoch =
        "INSERT INTO webhook_owner (id, epoch) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET epoch = epoch + 1";

    private const string Columns = "webhook, n, message, event, at, state, tries, status, took, next_try_at, answer, steps";

    private const string OpenOnes =
        $"SELECT {Columns} FROM webhook_deliveries INDEXED BY webhook_deliveries_open WHERE state = 0 ORDER BY webhook, n";

    private const string Newest = $"""
        SELECT {Columns} FROM webhook_deliveries
        WHERE webhook = ?1 AND n < ?2 AND (state = 0 OR at >= ?3) ORDER BY n DESC LIMIT ?4
        """;

    private readonly Lock gate = new();

    // Whether there is a webhook; null if it has to be read. Can be cached because only this process writes webhooks.
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
    public Task<bool> IsDeleted(string id) => database.Readers.ShortTask(session =>
    {
        var row = session.Get(CountDeleted);
        row.Bind(1, id);
        return Number(row) > 0;
    });

    /// <inheritdoc/>
    public Task<long> TakeEpoch() => database.Write(connection =>
    {
        connection.Get(RaiseEpoch).Run();
        return Number(connection.Get(ReadEpoch));
    });

    /// <inheritdoc/>
    public Task<bool> Owns(long epoch) => database.Readers.ShortTask(session => Number(session.Get(ReadEpoch)) == epoch);

    /// <inheritdoc/>
    public Task<ImmutableArray<WebhookRow>> List() => database.Readers.ShortTask(session =>
    {
        var webhooks = ImmutableArray.CreateBuilder<WebhookRow>();
        var row = session.Get(All);
        while (row.Step())
            webhooks.Add(new WebhookRow(
                row.Text(0)!, row.Text(1)!, (WebhookTypes)row.Int32(2), row.Int32(3) != 0, row.Int64(4), row.Copy(5))
            {
                OldSecret = row.Copy(6),
                OldUntil = row.Int64(7),
                LastN = row.Int64(8),
                FailingSince = row.Int64(9),
                Seen = new WebhookCursor(row.Int64(10), row.Int64(11), row.Int64(12), row.Int32(13)),
                Filter = WebhookFilter.FromStored(row.Text(14)),
                GoneAt = row.Int64(15),
            });
        return webhooks.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<DeliveryRow>> Open() => database.Readers.ShortTask(session => Read(session.Get(OpenOnes)));

    /// <inheritdoc/>
    public async Task<bool> Commit(WebhookCommit commit)
    {
        try
        {
            return await database.Write(connection =>
            {
                if (Number(connection.Get(ReadEpoch)) != commit.Epoch)
                    return false;
                WebhookWriter.Write(connection, commit);
                return true;
            });
        }
        finally
        {
            ForgetAny(commit);
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<DeliveryRow>> Deliveries(string webhook, long before, long since, int limit) =>
        database.Readers.ShortTask(session =>
        {
            var rows = session.Get(Newest);
            rows.Bind(1, webhook);
            rows.Bind(2, before);
            rows.Bind(3, since);
            rows.Bind(4, (long)limit);
            return Read(rows);
        });

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
        var found = await database.Readers.ShortTask(static session =>
        {
            var row = session.Get(AnyOne);
            row.Step();
            var exists = row.Int32(0) != 0;
            row.Reset();
            return exists;
        });
        lock (gate)
        {
            // The value is stale if a write has ended since the read began.
            if (forgotten == forgottenBefore)
                any = found;
        }

        return found;
    }

    private static long Number(Statement row)
    {
        row.Step();
        var number = row.Int64(0);
        row.Reset();
        return number;
    }

    private static ImmutableArray<DeliveryRow> Read(Statement row)
    {
        var rows = ImmutableArray.CreateBuilder<DeliveryRow>();
        while (row.Step())
        {
            var delivery = new WebhookDelivery(
                row.Int64(1), row.Text(2)!, row.Copy(3), row.Int64(4), (DeliveryState)row.Int32(5), row.Int32(6), row.NullableInt32(7),
                row.Int64(8), row.Time(9), row.Text(10));
            rows.Add(new DeliveryRow(row.Text(0)!, delivery, row.Int32(11)));
        }

        return rows.DrainToImmutable();
    }
}
