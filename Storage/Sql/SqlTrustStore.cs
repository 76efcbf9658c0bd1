using OrleansTasks.Storage.Encodings;
using OrleansTasks.Trust;

namespace OrleansTasks.Storage.Sql;

/// <summary>The authority, tokens and certificates. Anyone who can read the database can issue certificates.</summary>
/// <param name="database">The database.</param>
internal sealed class SqlTrustStore(ISqlDatabase database) : ITrustStore
{
    private const string SelectAuthority = "SELECT certificate, key, created_at FROM ot.authority WHERE no = 1";

    private const string InsertAuthority =
        "INSERT INTO ot.authority (no, certificate, key, created_at) VALUES (1, $1, $2, $3) ON CONFLICT DO NOTHING";

    private const string InsertToken =
        "INSERT INTO ot.join_tokens (hash, expires_at, pattern, labels) VALUES ($1, $2, $3, $4)";

    private const string InsertFixedLabel = "INSERT INTO ot.fixed_labels (name) VALUES ($1) ON CONFLICT DO NOTHING";
    private const string SelectFixedLabels = "SELECT name FROM ot.fixed_labels ORDER BY name";
    private const string PruneTokens = "DELETE FROM ot.join_tokens WHERE expires_at < $1";

    private const string SelectAnyValid = """
        SELECT EXISTS (SELECT 1 FROM ot.join_tokens WHERE key IS NULL AND expires_at > $1)
            OR EXISTS (SELECT 1 FROM ot.certificates WHERE expires_at > $1)
        """;

    // Locks the token until its use is written, so that only the first of two concurrent holders can use it.
    private const string SelectToken = """
        SELECT expires_at, pattern, labels, key, coalesce(node, ''), coalesce(instance, '') FROM ot.join_tokens WHERE hash = $1 FOR UPDATE
        """;

    private const string SelectUnexpired = "SELECT EXISTS (SELECT 1 FROM ot.join_tokens WHERE hash = $1 AND expires_at > $2)";
    private const string MarkUsed = "UPDATE ot.join_tokens SET key = $2, node = $3, instance = $4 WHERE hash = $1";

    // Held while adding and while revoking certificates, so that none is added on grounds that are being deleted.
    private const string LockCertificates = "LOCK TABLE ot.certificates IN SHARE ROW EXCLUSIVE MODE";

    // The grounds are a certificate's thumbprint or a token's hash. Both are SHA-256, so one parameter serves for both.
    private const string SelectGrounds = """
        SELECT EXISTS (SELECT 1 FROM ot.certificates WHERE thumbprint = $1) OR EXISTS (SELECT 1 FROM ot.join_tokens WHERE hash = $1)
        """;

    private const string SelectNear = """
        SELECT EXISTS (
            SELECT 1 FROM ot.certificates WHERE node = $1 AND instance = $2 AND expires_at > $3 AND expires_at < $4)
        """;

    private const string PutCertificate = """
        INSERT INTO ot.certificates (thumbprint, node, instance, expires_at, labels) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (thumbprint) DO UPDATE SET node = excluded.node, instance = excluded.instance, expires_at = excluded.expires_at,
            labels = excluded.labels
        """;

    private const string PruneCertificates = "DELETE FROM ot.certificates WHERE expires_at < $1";

    private const string SelectCertificate =
        "SELECT thumbprint, node, instance, expires_at, labels FROM ot.certificates WHERE thumbprint = $1";

    private const string DeleteCertificatesOfNode = "DELETE FROM ot.certificates WHERE node = $1";
    private const string DeleteTokensOfNode = "DELETE FROM ot.join_tokens WHERE node = $1";

    /// <inheritdoc/>
    public Task<AuthorityRow?> GetAuthority() => database.Read(ReadAuthority);

    /// <inheritdoc/>
    public Task<AuthorityRow> AddAuthority(AuthorityRow authority) => database.Write(async session =>
    {
        await session.Run(new SqlStatement(InsertAuthority).Bind(authority.Certificate).Bind(authority.Key).Bind(authority.CreatedAt))
            .ConfigureAwait(false);
        return (await ReadAuthority(session).ConfigureAwait(false))!;
    });

    /// <inheritdoc/>
    public Task AddToken(ReadOnlyMemory<byte> hash, TokenTerms terms, long at, long expiresAt) => database.WriteAll(
    [
        new SqlStatement(PruneTokens).Bind(at - TrustTerms.Remembered),
        new SqlStatement(InsertToken).Bind(hash).Bind(expiresAt).Bind(terms.Node).BindUtf8(LabelText.Write(terms.Labels)),
        .. terms.Labels.Select(static label => new SqlStatement(InsertFixedLabel).Bind(label.Key)),
    ]);

    /// <inheritdoc/>
    public Task<bool> HasToken(ReadOnlyMemory<byte> hash, long at) =>
        database.First(new SqlStatement(SelectUnexpired).Bind(hash).Bind(at), ReadBoolean);

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> FixedLabels() =>
        database.Rows(new SqlStatement(SelectFixedLabels), static row => row.Text(0));

    /// <inheritdoc/>
    public Task<bool> HasUsableCredential(long at) => database.First(new SqlStatement(SelectAnyValid).Bind(at), ReadBoolean);

    /// <inheritdoc/>
    public Task<TokenVerdict> UseToken(ReadOnlyMemory<byte> hash, TokenHolder holder, long at) => database.Write(async session =>
    {
        var token = await session.First(new SqlStatement(SelectToken).Bind(hash), ReadToken).ConfigureAwait(false);
        var verdict = TokenRow.Judge(token, holder, at);
        if (verdict.Use == TokenUse.Used)
            await session.Run(new SqlStatement(MarkUsed).Bind(hash).Bind(holder.KeyHash).Bind(holder.Node).Bind(holder.Instance))
                .ConfigureAwait(false);
        return verdict;
    });

    /// <inheritdoc/>
    public Task<CertificateOutcome> AddCertificate(
        CertificateRow certificate, ReadOnlyMemory<byte> grounds, long at, long apart = 0) =>
        database.Write(session => AddCertificate(session, certificate, grounds, at, apart));

    private static async ValueTask<CertificateOutcome> AddCertificate(
        ISqlSession session, CertificateRow certificate, ReadOnlyMemory<byte> grounds, long at, long apart)
    {
        await session.Run(new SqlStatement(LockCertificates)).ConfigureAwait(false);
        if (!await session.First(new SqlStatement(SelectGrounds).Bind(grounds), ReadBoolean).ConfigureAwait(false))
            return CertificateOutcome.NoGrounds;
        var near = new SqlStatement(SelectNear).Bind(certificate.Node).Bind(certificate.Instance)
            .Bind(certificate.ExpiresAt - apart).Bind(certificate.ExpiresAt + apart);
        if (apart > 0 && await session.First(near, ReadBoolean).ConfigureAwait(false))
            return CertificateOutcome.TooSoon;
        await session.RunAll(
            new SqlStatement(PruneCertificates).Bind(at - TrustTerms.Remembered),
            new SqlStatement(PutCertificate)
                .Bind(certificate.Thumbprint)
                .Bind(certificate.Node)
                .Bind(certificate.Instance)
                .Bind(certificate.ExpiresAt)
                .BindUtf8(LabelText.Write(certificate.Labels))).ConfigureAwait(false);
        return CertificateOutcome.Stored;
    }

    /// <inheritdoc/>
    public Task<CertificateRow?> FindCertificate(ReadOnlyMemory<byte> thumbprint) => database.First(
        new SqlStatement(SelectCertificate).Bind(thumbprint),
        static row => new CertificateRow(row.Bytes(0), row.Text(1), row.Text(2), row.Int64(3))
        {
            Labels = LabelText.Read(row.Utf8(4)),
        });

    /// <summary>Deletes a node's certificates and its used tokens. Returns whether there were any.</summary>
    internal static async ValueTask<bool> Revoke(ISqlSession session, string node)
    {
        await session.Run(new SqlStatement(LockCertificates)).ConfigureAwait(false);
        var tokens = await session.Run(new SqlStatement(DeleteTokensOfNode).Bind(node)).ConfigureAwait(false);
        var certificates = await session.Run(new SqlStatement(DeleteCertificatesOfNode).Bind(node))
            .ConfigureAwait(false);
        return tokens + certificates > 0;
    }

    /// <summary>Reads the authority; null if there is none.</summary>
    internal static ValueTask<AuthorityRow?> ReadAuthority(ISqlSession session) => session.First(
        new SqlStatement(SelectAuthority), static row => new AuthorityRow(row.Bytes(0), row.Bytes(1), row.Int64(2)));

    private static TokenRow ReadToken(ISqlRow row)
    {
        var holder = row.IsNull(3) ? null : new TokenHolder(row.Bytes(3), row.Text(4), row.Text(5));
        return new TokenRow(new TokenTerms(row.Text(1), LabelText.Read(row.Utf8(2))), row.Int64(0), holder);
    }

    private static bool ReadBoolean(ISqlRow row) => row.Boolean(0);
}
