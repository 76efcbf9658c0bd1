using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Storage.Sqlite.Writing;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>The API keys in the SQLite file. Another process may write them while the service runs.</summary>
/// <param name="database">The open database.</param>
public sealed class SqliteKeyStore(SqliteDatabase database) : IKeyStore
{
    private const string All = """
        SELECT id, name, hash, scopes, created_at, expires_at, last_used_at, last_address FROM keys
        WHERE revoked_at = 0 ORDER BY no
        """;

    private const string Insert = """
        INSERT INTO keys (id, name, hash, scopes, created_at, revoked_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)
        """;

    // At least 1, because 0 means not revoked.
    private const string End = "UPDATE keys SET revoked_at = max(?2, 1) WHERE id = ?1 AND revoked_at = 0";

    // The number of valid admin keys, and whether the given key is one of them. A NULL expiry never expires.
    private const string Admins = """
        SELECT count(*), coalesce(max(id = ?1), 0) FROM keys
        WHERE revoked_at = 0 AND scopes & ?3 <> 0 AND ifnull(expires_at > ?2, 1)
        """;

    private const string Use =
        "UPDATE keys SET last_used_at = ?2, last_address = ?3 WHERE id = ?1 AND ifnull(last_used_at < ?2, 1)";

    /// <inheritdoc/>
    public Task<ImmutableArray<KeyRecord>> List() => database.Readers.ShortTask(session =>
    {
        var keys = ImmutableArray.CreateBuilder<KeyRecord>();
        var row = session.Get(All);
        while (row.Step())
            keys.Add(new KeyRecord(row.Text(0)!, row.Text(1)!, row.Copy(2), (Scopes)row.Int32(3))
            {
                CreatedAt = row.Int64(4), ExpiresAt = row.Time(5), LastUsedAt = row.Time(6), LastAddress = row.Text(7),
            });
        return keys.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task Add(KeyRecord key, long at, AuditRecord? audit = null) => database.Write(connection =>
    {
        var insert = connection.Get(Insert);
        insert.Bind(1, key.Id);
        insert.Bind(2, key.Name);
        insert.Bind(3, key.Hash.Span);
        insert.Bind(4, (long)key.Scopes);
        insert.Bind(5, at);
        if (key.ExpiresAt is { } end)
            insert.Bind(6, end);
        else
            insert.BindNull(6);
        AuditWriter.Add(connection, 0, audit);
        return insert.Run();
    });

    /// <inheritdoc/>
    public Task<bool> Revoke(string id, long at, AuditRecord? audit = null) => database.Write(connection =>
    {
        var end = connection.Get(End);
        end.Bind(1, id);
        end.Bind(2, at);
        return AuditWriter.ChangeOne(connection, end, audit);
    });

    /// <inheritdoc/>
    public Task<KeyOutcome> RevokeUnlessLastAdmin(string id, long at, AuditRecord? audit = null) =>
        database.Write(connection =>
        {
            var admins = connection.Get(Admins);
            admins.Bind(1, id);
            admins.Bind(2, at);
            admins.Bind(3, (long)Scopes.Admin);
            admins.Step();
            var isLast = admins.Int64(0) == 1 && admins.Int64(1) == 1;
            admins.Reset();
            if (isLast)
                return KeyOutcome.LastAdmin;
            var end = connection.Get(End);
            end.Bind(1, id);
            end.Bind(2, at);
            return AuditWriter.ChangeOne(connection, end, audit) ? KeyOutcome.Done : KeyOutcome.NotFound;
        });

    /// <inheritdoc/>
    public Task Used(ImmutableArray<KeyUse> uses) => database.Write(connection =>
    {
        foreach (var use in uses)
        {
            var change = connection.Get(Use);
            change.Bind(1, use.Id);
            change.Bind(2, use.At);
            change.Bind(3, use.Address);
            change.Run();
        }

        return uses.Length;
    });
}
