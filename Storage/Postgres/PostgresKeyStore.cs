using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Postgres.Writing;

namespace OrleansTasks.Storage.Postgres;

/// <summary>The API keys in the PostgreSQL database. They may be written beside a running service, by another process.</summary>
/// <param name="database">The open database.</param>
public sealed class PostgresKeyStore(PostgresDatabase database) : IKeyStore
{
    private const string All = "SELECT id, name, hash, scopes FROM ot.keys WHERE revoked_at = 0 ORDER BY no";

    private const string Insert =
        "INSERT INTO ot.keys (id, name, hash, scopes, created_at, revoked_at) VALUES ($1, $2, $3, $4, $5, 0)";

    private const string End = "UPDATE ot.keys SET revoked_at = greatest($2, 1) WHERE id = $1 AND revoked_at = 0";

    /// <inheritdoc/>
    public async Task<ImmutableArray<KeyRecord>> List() => [.. await database.Read(session => session.All(
        new Query(All), static row => new KeyRecord(row.Text(0)!, row.Text(1)!, row.Memory(2), (Scopes)row.Int32(3))))
        .ConfigureAwait(false)];

    /// <inheritdoc/>
    public Task Add(KeyRecord key, long at, AuditRecord? audit = null)
    {
        var insert = new Query(Insert).Bind(key.Id).Bind(key.Name).Bind(key.Hash).Bind((int)key.Scopes).Bind(at);
        return database.Write(session => session.RunAll([insert, .. AuditStatements.Of(audit)]));
    }

    /// <inheritdoc/>
    public Task<bool> Revoke(string id, long at, AuditRecord? audit = null) =>
        database.Write(session => AuditStatements.ChangeOne(session, new Query(End).Bind(id).Bind(at), audit));
}
