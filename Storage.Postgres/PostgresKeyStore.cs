using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Storage.Postgres.Access;
using OrleansTasks.Storage.Postgres.Writing;

namespace OrleansTasks.Storage.Postgres;

/// <summary>The API keys in the PostgreSQL database. Another process may write them while the service runs.</summary>
/// <param name="database">The open database.</param>
public sealed class PostgresKeyStore(PostgresDatabase database) : IKeyStore
{
    private const string All = """
        SELECT id, name, hash, scopes, created_at, expires_at, last_used_at, last_address FROM ot.keys
        WHERE revoked_at = 0 ORDER BY no
        """;

    private const string Insert = """
        INSERT INTO ot.keys (id, name, hash, scopes, created_at, revoked_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, 0, $6)
        """;

    // At least 1, because 0 means not revoked.
    private const string End = "UPDATE ot.keys SET revoked_at = greatest($2, 1) WHERE id = $1 AND revoked_at = 0";

    /// <summary>
    /// Makes revocations run one after another. Otherwise two that each revoke one of the last two admin keys would not
    /// see each other's change.
    /// </summary>
    internal const string OneAtATime = "LOCK TABLE ot.keys IN SHARE ROW EXCLUSIVE MODE";

    // The number of valid admin keys, and whether the given key is one of them. A NULL expiry never expires.
    private const string Admins = """
        SELECT count(*), coalesce(bool_or(id = $1), false) FROM ot.keys
        WHERE revoked_at = 0 AND scopes & $3 <> 0 AND coalesce(expires_at > $2, true)
        """;

    private const string Use = """
        UPDATE ot.keys SET last_used_at = $2, last_address = $3 WHERE id = $1 AND coalesce(last_used_at < $2, true)
        """;

    /// <inheritdoc/>
    public async Task<ImmutableArray<KeyRecord>> List() => [.. await database.Read(session => session.All(
        new Query(All), static row => new KeyRecord(row.Text(0)!, row.Text(1)!, row.Memory(2), (Scopes)row.Int32(3))
        {
            CreatedAt = row.Int64(4), ExpiresAt = row.Time(5), LastUsedAt = row.Time(6), LastAddress = row.Text(7),
        }))
        .ConfigureAwait(false)];

    /// <inheritdoc/>
    public Task Add(KeyRecord key, long at, AuditRecord? audit = null)
    {
        var insert = new Query(Insert).Bind(key.Id).Bind(key.Name).Bind(key.Hash).Bind((int)key.Scopes)
            .Bind(at).Bind(key.ExpiresAt);
        return database.Write(session => session.RunAll([insert, .. AuditStatements.Of(audit)]));
    }

    /// <inheritdoc/>
    public Task<bool> Revoke(string id, long at, AuditRecord? audit = null) =>
        database.Write(session => AuditStatements.ChangeOne(session, new Query(End).Bind(id).Bind(at), audit));

    /// <inheritdoc/>
    public Task<KeyOutcome> RevokeUnlessLastAdmin(string id, long at, AuditRecord? audit = null) =>
        database.Write(async session =>
        {
            await session.Run(OneAtATime).ConfigureAwait(false);
            var isLast = await session.First(new Query(Admins).Bind(id).Bind(at).Bind((int)Scopes.Admin),
                static row => row.Int64(0) == 1 && row.Boolean(1)).ConfigureAwait(false);
            if (isLast)
                return KeyOutcome.LastAdmin;
            var isDone = await AuditStatements.ChangeOne(session, new Query(End).Bind(id).Bind(at), audit)
                .ConfigureAwait(false);
            return isDone ? KeyOutcome.Done : KeyOutcome.NotFound;
        });

    /// <inheritdoc/>
    public Task Used(ImmutableArray<KeyUse> uses) => database.Write(session => session.RunAll(
        [.. uses.Select(static use => new Query(Use).Bind(use.Id).Bind(use.At).Bind(use.Address))]));
}
