using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Storage.Encodings;

namespace OrleansTasks.Storage.Sql;

/// <summary>The API keys. Another process may write them while the service runs.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlKeyStore(ISqlDatabase database) : IKeyStore
{
    /// <summary>
    /// Makes revocations run one after another. Otherwise two that each revoke one of the last two admin keys would not
    /// see each other's change. SQLite skips this statement, because it has only one writer. A test also runs it.
    /// </summary>
    internal const string OneAtATime = "LOCK TABLE ot.keys IN SHARE ROW EXCLUSIVE MODE";

    private const string Unrevoked = """
        SELECT id, name, hash, scopes, created_at, expires_at, last_used_at, last_address, definitions FROM ot.keys
        WHERE revoked_at = 0 ORDER BY no
        """;

    private const string Insert = """
        INSERT INTO ot.keys (id, name, hash, scopes, created_at, revoked_at, expires_at, definitions)
        VALUES ($1, $2, $3, $4, $5, 0, $6, $7)
        """;

    private const string End = "UPDATE ot.keys SET revoked_at = $2 WHERE id = $1 AND revoked_at = 0";

    private const string ValidAdmins = """
        SELECT id FROM ot.keys WHERE revoked_at = 0 AND scopes & $2 <> 0 AND (expires_at IS NULL OR expires_at > $1)
        """;

    private const string Use = """
        UPDATE ot.keys SET last_used_at = $2, last_address = $3 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)
        """;

    /// <inheritdoc/>
    public Task<ImmutableArray<KeyRecord>> List() => database.Rows(
        new SqlStatement(Unrevoked),
        static row => new KeyRecord(row.Text(0), row.Text(1), row.Bytes(2), (Scopes)row.Int32(3))
        {
            CreatedAt = row.Int64(4), ExpiresAt = row.Time(5), LastUsedAt = row.Time(6), LastAddress = row.NullableText(7),
            Definitions = PatternText.Read(row.NullableText(8)),
        });

    /// <inheritdoc/>
    public Task Add(KeyRecord key, long at, AuditRecord? audit = null)
    {
        var insert = new SqlStatement(Insert).Bind(key.Id).Bind(key.Name).Bind(key.Hash).Bind((int)key.Scopes)
            .Bind(at).Bind(key.ExpiresAt).Bind(PatternText.Write(key.Definitions));
        return database.WriteAll([insert, .. AuditInsert.Of(audit)]);
    }

    /// <inheritdoc/>
    public Task<bool> Revoke(string id, long at, AuditRecord? audit = null) =>
        database.Write(session => AuditInsert.ChangeOne(session, EndOf(id, at), audit));

    /// <inheritdoc/>
    public Task<KeyOutcome> RevokeUnlessLastAdmin(string id, long at, AuditRecord? audit = null) =>
        database.Write(async session =>
        {
            await session.Run(new SqlStatement(OneAtATime)).ConfigureAwait(false);
            var admins = await session.All(
                new SqlStatement(ValidAdmins).Bind(at).Bind((int)Scopes.Admin), static row => row.Text(0))
                .ConfigureAwait(false);
            if (admins is [var last] && last == id)
                return KeyOutcome.LastAdmin;
            return await AuditInsert.ChangeOne(session, EndOf(id, at), audit).ConfigureAwait(false)
                ? KeyOutcome.Done
                : KeyOutcome.NotFound;
        });

    /// <inheritdoc/>
    public Task Used(ImmutableArray<KeyUse> uses) => database.WriteAll(
        [.. uses.Select(static use => new SqlStatement(Use).Bind(use.Id).Bind(use.At).Bind(use.Address))]);

    // A time of 0 would mean not revoked.
    private static SqlStatement EndOf(string id, long at) => new SqlStatement(End).Bind(id).Bind(Math.Max(at, 1));
}
