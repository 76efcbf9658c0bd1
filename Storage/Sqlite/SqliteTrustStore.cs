using OrleansTasks.Storage.Sqlite.Interop;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>The authority, tokens and certificates in the SQLite file, which its owner alone may read.</summary>
/// <param name="database">The open database.</param>
public sealed class SqliteTrustStore(SqliteDatabase database) : ITrustStore
{
    private const string Authority = "SELECT certificate, key, created_at FROM authority WHERE no = 1";

    private const string InsertAuthority =
        "INSERT INTO authority (no, certificate, key, created_at) VALUES (1, ?1, ?2, ?3) ON CONFLICT DO NOTHING";

    private const string InsertToken = "INSERT INTO join_tokens (hash, expires_at) VALUES (?1, ?2)";
    private const string PruneTokens = "DELETE FROM join_tokens WHERE expires_at < ?1";
    private const string Any = """
        SELECT EXISTS (SELECT 1 FROM join_tokens WHERE key IS NULL AND expires_at > ?1) OR EXISTS (SELECT 1 FROM certificates WHERE expires_at > ?1)
        """;
    private const string OneToken = "SELECT key, expires_at FROM join_tokens WHERE hash = ?1";
    private const string Spend = "UPDATE join_tokens SET key = ?2 WHERE hash = ?1";

    private const string InsertCertificate =
        "INSERT OR REPLACE INTO certificates (thumbprint, node, instance, expires_at) VALUES (?1, ?2, ?3, ?4)";

    private const string PruneCertificates = "DELETE FROM certificates WHERE expires_at < ?1";
    private const string OneCertificate = "SELECT thumbprint, node, instance, expires_at FROM certificates WHERE thumbprint = ?1";
    private const string RevokeAll = "DELETE FROM certificates WHERE node = ?1";

    /// <inheritdoc/>
    public Task<AuthorityRow?> GetAuthority() => database.Readers.ShortTask(session => ReadAuthority(session.Get(Authority)));

    /// <inheritdoc/>
    public Task<AuthorityRow> AddAuthority(AuthorityRow authority) => database.Write(connection =>
    {
        var insert = connection.Get(InsertAuthority);
        insert.Bind(1, authority.Certificate.Span);
        insert.Bind(2, authority.Key.Span);
        insert.Bind(3, authority.CreatedAt);
        insert.Run();
        return ReadAuthority(connection.Get(Authority))!;
    });

    /// <inheritdoc/>
    public Task AddToken(ReadOnlyMemory<byte> hash, long at, long expiresAt) => database.Write(connection =>
    {
        var prune = connection.Get(PruneTokens);
        prune.Bind(1, at - TrustTerms.Remembered);
        prune.Run();
        var insert = connection.Get(InsertToken);
        insert.Bind(1, hash.Span);
        insert.Bind(2, expiresAt);
        return insert.Run();
    });

    /// <inheritdoc/>
    public Task<bool> LetsAnyIn(long at) => database.Readers.ShortTask(session =>
    {
        var any = session.Get(Any);
        any.Bind(1, at);
        var found = false;
        while (any.Step())
            found = any.Int64(0) != 0;
        return found;
    });

    /// <inheritdoc/>
    public Task<TokenUse> UseToken(ReadOnlyMemory<byte> hash, ReadOnlyMemory<byte> key, long at) => database.Write(connection =>
    {
        var one = connection.Get(OneToken);
        one.Bind(1, hash.Span);
        var use = TokenUse.Unknown;
        while (one.Step())
        {
            use = !one.Bytes(0).IsEmpty && !one.Bytes(0).SequenceEqual(key.Span) ? TokenUse.Spent
                : one.Int64(1) <= at ? TokenUse.Expired
                : TokenUse.Used;
        }

        if (use != TokenUse.Used)
            return use;
        var spend = connection.Get(Spend);
        spend.Bind(1, hash.Span);
        spend.Bind(2, key.Span);
        spend.Run();
        return use;
    });

    /// <inheritdoc/>
    public Task AddCertificate(CertificateRow certificate, long at) => database.Write(connection =>
    {
        var prune = connection.Get(PruneCertificates);
        prune.Bind(1, at - TrustTerms.Remembered);
        prune.Run();
        var insert = connection.Get(InsertCertificate);
        insert.Bind(1, certificate.Thumbprint.Span);
        insert.Bind(2, certificate.Node);
        insert.Bind(3, certificate.Instance);
        insert.Bind(4, certificate.ExpiresAt);
        return insert.Run();
    });

    /// <inheritdoc/>
    public Task<CertificateRow?> FindCertificate(ReadOnlyMemory<byte> thumbprint) => database.Readers.ShortTask(session =>
    {
        var one = session.Get(OneCertificate);
        one.Bind(1, thumbprint.Span);
        CertificateRow? found = null;
        while (one.Step())
            found = new CertificateRow(one.Copy(0), one.Text(1)!, one.Text(2)!, one.Int64(3));
        return found;
    });

    /// <inheritdoc/>
    public Task Revoke(string node) => database.Write(connection =>
    {
        var revoke = connection.Get(RevokeAll);
        revoke.Bind(1, node);
        return revoke.Run();
    });

    private static AuthorityRow? ReadAuthority(Statement row)
    {
        AuthorityRow? authority = null;
        while (row.Step())
            authority = new AuthorityRow(row.Copy(0), row.Copy(1), row.Int64(2));
        return authority;
    }
}
