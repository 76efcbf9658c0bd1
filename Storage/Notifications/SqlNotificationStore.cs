using System.Text;
using System.Text.Json.Nodes;
using OrleansTasks.Audit;
using OrleansTasks.Storage.Sql;

namespace OrleansTasks.Storage.Notifications;

/// <summary>The notifications, on SQLite or PostgreSQL.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlNotificationStore(ISqlDatabase database) : INotificationStore
{
    private const string Columns =
        "name, number, body, created_at, changed_at, log_seen, resources_seen, known, sent_at, failing_since, failure";

    private const string AnyOne = "SELECT EXISTS (SELECT 1 FROM ot.notifications)";
    private const string Select = $"SELECT {Columns} FROM ot.notifications ORDER BY name";
    private const string Insert = $"""
        INSERT INTO ot.notifications ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        ON CONFLICT DO NOTHING
        """;

    private const string Update = """
        UPDATE ot.notifications SET number = $2, body = $3, created_at = $4, changed_at = $5, log_seen = $6,
            resources_seen = $7, known = $8, sent_at = $9, failing_since = $10, failure = $11
        WHERE name = $1 AND number = $2 - 1
        """;

    private const string Remove = "DELETE FROM ot.notifications WHERE name = $1 AND number = $2";

    /// <summary>Pauses all notifications of a restored store.</summary>
    internal static async ValueTask<int> PauseAll(ISqlSession session)
    {
        var all = await session.All(
            new SqlStatement("SELECT name, body FROM ot.notifications"),
            static row => (Name: row.Text(0), Body: Paused(row.Bytes(1)))).ConfigureAwait(false);
        return await session.RunAll([.. all.Select(static one =>
            new SqlStatement("UPDATE ot.notifications SET body = $2 WHERE name = $1").Bind(one.Name).Bind(one.Body))])
            .ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<bool> Any() => database.First(new SqlStatement(AnyOne), static row => row.Boolean(0));

    /// <inheritdoc/>
    public Task<ImmutableArray<NotificationRow>> List() => database.Rows(new SqlStatement(Select), static row =>
        new NotificationRow(row.Text(0), row.Int64(1), row.Bytes(2), row.Int64(3), row.Int64(4))
        {
            LogSeen = row.Int64(5), ResourcesSeen = row.Int64(6), Known = row.Bytes(7), SentAt = row.Int64(8),
            FailingSince = row.Int64(9), Failure = row.NullableText(10),
        });

    /// <inheritdoc/>
    public Task<bool> Put(NotificationRow row, AuditRecord? audit = null) =>
        database.Write(session => AuditInsert.ChangeOne(
            session,
            new SqlStatement(row.Number == 1 ? Insert : Update)
                .Bind(row.Name).Bind(row.Number).Bind(row.Body).Bind(row.CreatedAt).Bind(row.ChangedAt)
                .Bind(row.LogSeen).Bind(row.ResourcesSeen).Bind(row.Known)
                .Bind(row.SentAt).Bind(row.FailingSince).Bind(row.Failure),
            audit));

    /// <inheritdoc/>
    public Task<bool> Delete(string name, long number, AuditRecord? audit = null) =>
        database.Write(
            session => AuditInsert.ChangeOne(session, new SqlStatement(Remove).Bind(name).Bind(number), audit));

    private static ReadOnlyMemory<byte> Paused(ReadOnlyMemory<byte> body)
    {
        var spec = JsonNode.Parse(body.Span)!.AsObject();
        spec["paused"] = true;
        return Encoding.UTF8.GetBytes(spec.ToJsonString());
    }
}
