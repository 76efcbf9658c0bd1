using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Storage.Sqlite.Writing;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>The API keys in the SQLite file. It may be written beside a running service, by another process.</summary>
/// <param name="database">The open database.</param>
public sealed class SqliteKeyStore(SqliteDatabase database) : IKeyStore
{
    private const string All = "SELECT id, name, hash, scopes FROM keys WHERE revoked_at = 0 ORDER BY no";

    private const string Insert =
        "INSERT INTO keys (id, name, hash, scopes, created_at, revoked_at) VALUES (?1, ?2, ?3, ?4, ?5, 0)";

    private const string End = "UPDATE keys SET revoked_at = max(?2, 1) WHERE id = ?1 AND revoked_at = 0";

    /// <inheritdoc/>
    public Task<ImmutableArray<KeyRecord>> List() => database.Readers.ShortTask(session =>
    {
        var keys = ImmutableArray.CreateBuilder<KeyRecord>();
        var row = session.Get(All);
        while (row.Step())
            keys.Add(new KeyRecord(row.Text(0)!, row.Text(1)!, row.Copy(2), (Scopes)row.Int32(3)));
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
}
