using OrleansTasks.Storage.Encodings;
using OrleansTasks.Storage.Sqlite.Interop;
using OrleansTasks.Trust;

namespace OrleansTasks.Storage.Sqlite;

/// <summary>The authority, tokens and certificates in the SQLite file, which only its owner can read.</summary>
/// <param name="database">The open database.</param>
public sealed class SqliteTrustStore(SqliteDatabase database) : ITrustStore
{
    private const string SelectAuthority = "SELECT certificate, key, created_at FROM authority WHERE no = 1";

    private const string InsertAuthority =
        "INSERT INTO authority (no, certificate, key, created_at) VALUES (1, ?1, ?2, ?3) ON CONFLICT DO NOTHING";

    private const string InsertToken = "INSERT INTO join_tokens (hash, expires_at, pattern, labels) VALUES (?1, ?2, ?3, ?4)";
    private const string InsertFixedLabel = "INSERT INTO fixed_labels (name) VALUES (?1) ON CONFLICT DO NOTHING";
    private const string SelectFixedLabels = "SELECT name FROM fixed_labels ORDER BY name";
    private const string PruneTokens = "DELETE FROM join_tokens WHERE expires_at < ?1";
    private const string SelectAnyValid = """
        SELECT EXISTS (SELECT 1 FROM join_tokens WHERE key IS NULL AND expires_at > ?1)
            OR EXISTS (SELECT 1 FROM certificates WHERE expires_at > ?1)
        """;

    private const string SelectToken =
        "SELECT expires_at, pattern, labels, key, node, instance FROM join_tokens WHERE hash = ?1";

    private const string SelectUnexpired =
        "SELECT EXISTS (SELECT 1 FROM join_tokens WHERE hash = ?1 AND expires_at > ?2)";

    private const string MarkUsed = "UPDATE join_tokens SET key = ?2, node = ?3, instance = ?4 WHERE hash = ?1";

    // The grounds are a certificate's thumbprint or a token's hash. Both are SHA-256, so one parameter serves for both.
    private const string SelectGrounds = """
        SELECT EXISTS (SELECT 1 FROM certificates WHERE thumbprint = ?1) OR EXISTS (SELECT 1 FROM join_tokens WHERE hash = ?1)
        """;

    private const string InsertCertificate =
        "INSERT OR REPLACE INTO certificates (thumbprint, node, instance, expires_at, labels) VALUES (?1, ?2, ?3, ?4, ?5)";

    private const string PruneCertificates = "DELETE FROM certificates WHERE expires_at < ?1";

    private const string SelectCertificate =
        "SELECT thumbprint, node, instance, expires_at, labels FROM certificates WHERE thumbprint = ?1";

    private const string DeleteCertificatesOfNode = "DELETE FROM certificates WHERE node = ?1";

    private const string DeleteTokensOfNode = "DELETE FROM join_tokens WHERE node = ?1";

    /// <inheritdoc/>
    public Task<AuthorityRow?> GetAuthority() =>
        database.Readers.ShortTask(session => ReadAuthority(session.Get(SelectAuthority)));

    /// <inheritdoc/>
    public Task<AuthorityRow> AddAuthority(AuthorityRow authority) => database.Write(connection =>
    {
        var insert = connection.Get(InsertAuthority);
        insert.Bind(1, authority.Certificate.Span);
        insert.Bind(2, authority.Key.Span);
        insert.Bind(3, authority.CreatedAt);
        insert.Run();
        return ReadAuthority(connection.Get(SelectAuthority))!;
    });

    /// <inheritdoc/>
    public Task AddToken(ReadOnlyMemory<byte> hash, TokenTerms terms, long at, long expiresAt) =>
        database.Write(connection =>
        {
            var prune = connection.Get(PruneTokens);
            prune.Bind(1, at - TrustTerms.Remembered);
            prune.Run();
            var insert = connection.Get(InsertToken);
            insert.Bind(1, hash.Span);
            insert.Bind(2, expiresAt);
            insert.Bind(3, terms.Node);
            insert.BindUtf8(4, LabelText.Write(terms.Labels));
            insert.Run();
            foreach (var label in terms.Labels)
            {
                var fix = connection.Get(InsertFixedLabel);
                fix.Bind(1, label.Key);
                fix.Run();
            }

            return terms.Labels.Length;
        });

    /// <inheritdoc/>
    public Task<bool> HasToken(ReadOnlyMemory<byte> hash, long at) => database.Readers.ShortTask(session =>
    {
        var token = session.Get(SelectUnexpired);
        token.Bind(1, hash.Span);
        token.Bind(2, at);
        return ReadBoolean(token);
    });

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> FixedLabels() => database.Readers.ShortTask(session =>
    {
        var names = ImmutableArray.CreateBuilder<string>();
        var row = session.Get(SelectFixedLabels);
        while (row.Step())
            names.Add(row.Text(0)!);
        return names.DrainToImmutable();
    });

    /// <inheritdoc/>
    public Task<bool> HasUsableCredential(long at) => database.Readers.ShortTask(session =>
    {
        var any = session.Get(SelectAnyValid);
        any.Bind(1, at);
        return ReadBoolean(any);
    });

    /// <inheritdoc/>
    public Task<TokenVerdict> UseToken(ReadOnlyMemory<byte> hash, TokenHolder holder, long at) =>
        database.Write(connection =>
        {
            var verdict = TokenRow.Judge(ReadToken(connection.Get(SelectToken), hash), holder, at);
            if (verdict.Use != TokenUse.Used)
                return verdict;
            var use = connection.Get(MarkUsed);
            use.Bind(1, hash.Span);
            use.Bind(2, holder.KeyHash.Span);
            use.Bind(3, holder.Node);
            use.Bind(4, holder.Instance);
            use.Run();
            return verdict;
        });

    /// <inheritdoc/>
    public Task<bool> AddCertificate(CertificateRow certificate, ReadOnlyMemory<byte> grounds, long at) => database.Write(connection =>
    {
        var ground = connection.Get(SelectGrounds);
        ground.Bind(1, grounds.Span);
        if (!ReadBoolean(ground))
            return false;
        var prune = connection.Get(PruneCertificates);
        prune.Bind(1, at - TrustTerms.Remembered);
        prune.Run();
        var insert = connection.Get(InsertCertificate);
        insert.Bind(1, certificate.Thumbprint.Span);
        insert.Bind(2, certificate.Node);
        insert.Bind(3, certificate.Instance);
        insert.Bind(4, certificate.ExpiresAt);
        insert.BindUtf8(5, LabelText.Write(certificate.Labels));
        insert.Run();
        return true;
    });

    /// <inheritdoc/>
    public Task<CertificateRow?> FindCertificate(ReadOnlyMemory<byte> thumbprint) =>
        database.Readers.ShortTask(session =>
        {
            var row = session.Get(SelectCertificate);
            row.Bind(1, thumbprint.Span);
            CertificateRow? found = null;
            while (row.Step())
                found = new CertificateRow(row.Copy(0), row.Text(1)!, row.Text(2)!, row.Int64(3))
                {
                    Labels = LabelText.Read(row.Bytes(4)),
                };
            return found;
        });

    /// <inheritdoc/>
    public Task Revoke(string node) => database.Write(connection =>
    {
        var deleted = 0;
        foreach (var sql in (string[])[DeleteCertificatesOfNode, DeleteTokensOfNode])
        {
            var delete = connection.Get(sql);
            delete.Bind(1, node);
            deleted += delete.Run();
        }

        return deleted;
    });

    private static TokenRow? ReadToken(Statement row, ReadOnlyMemory<byte> hash)
    {
        row.Bind(1, hash.Span);
        TokenRow? token = null;
        while (row.Step())
        {
            var holder = row.IsNull(3) ? null : new TokenHolder(row.Copy(3), row.Text(4)!, row.Text(5)!);
            token = new TokenRow(new TokenTerms(row.Text(1)!, LabelText.Read(row.Bytes(2))), row.Int64(0), holder);
        }

        return token;
    }

    private static bool ReadBoolean(Statement row)
    {
        var found = false;
        while (row.Step())
            found = row.Int64(0) != 0;
        return found;
    }

    private static AuthorityRow? ReadAuthority(Statement row)
    {
        AuthorityRow? authority = null;
        while (row.Step())
            authority = new AuthorityRow(row.Copy(0), row.Copy(1), row.Int64(2));
        return authority;
    }
}
