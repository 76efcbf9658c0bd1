using OrleansTasks.Trust;

namespace OrleansTasks.Storage.Memory;

/// <summary>The authority, tokens and certificates in memory, for tests and simulations.</summary>
public sealed class MemoryTrustStore : ITrustStore
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, TokenRow> tokens = new(StringComparer.Ordinal);
    private readonly SortedSet<string> fixedLabels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CertificateRow> certificates = new(StringComparer.Ordinal);
    private AuthorityRow? authority;

    /// <inheritdoc/>
    public Task<AuthorityRow?> GetAuthority()
    {
        lock (gate)
            return Task.FromResult(authority);
    }

    /// <inheritdoc/>
    public Task<AuthorityRow> AddAuthority(AuthorityRow authority)
    {
        lock (gate)
            return Task.FromResult(this.authority ??= authority);
    }

    /// <inheritdoc/>
    public Task AddToken(ReadOnlyMemory<byte> hash, TokenTerms terms, long at, long expiresAt)
    {
        lock (gate)
        {
            RemoveTokens(token => token.ExpiresAt < at - TrustTerms.Remembered);
            tokens.Add(Convert.ToHexString(hash.Span), new TokenRow(terms, expiresAt, null));
            foreach (var label in terms.Labels)
                fixedLabels.Add(label.Key);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<bool> HasToken(ReadOnlyMemory<byte> hash, long at)
    {
        lock (gate)
            return Task.FromResult(
                tokens.TryGetValue(Convert.ToHexString(hash.Span), out var token) && token.ExpiresAt > at);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<string>> FixedLabels()
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<string>>([.. fixedLabels]);
    }

    /// <inheritdoc/>
    public Task<bool> HasUsableCredential(long at)
    {
        lock (gate)
            return Task.FromResult(tokens.Values.Any(token => token.Holder is null && token.ExpiresAt > at)
                || certificates.Values.Any(certificate => certificate.ExpiresAt > at));
    }

    /// <inheritdoc/>
    public Task<TokenVerdict> UseToken(ReadOnlyMemory<byte> hash, TokenHolder holder, long at)
    {
        lock (gate)
        {
            var name = Convert.ToHexString(hash.Span);
            var token = tokens.GetValueOrDefault(name);
            var verdict = TokenRow.Judge(token, holder, at);
            if (verdict.Use == TokenUse.Used)
                tokens[name] = token! with { Holder = holder };
            return Task.FromResult(verdict);
        }
    }

    /// <inheritdoc/>
    public Task<CertificateOutcome> AddCertificate(
        CertificateRow certificate, ReadOnlyMemory<byte> grounds, long at, long apart = 0)
    {
        lock (gate)
        {
            var ground = Convert.ToHexString(grounds.Span);
            if (!tokens.ContainsKey(ground) && !certificates.ContainsKey(ground))
                return Task.FromResult(CertificateOutcome.NoGrounds);
            if (certificates.Values.Any(known =>
                known.Node == certificate.Node && known.Instance == certificate.Instance
                && Math.Abs(known.ExpiresAt - certificate.ExpiresAt) < apart))
                return Task.FromResult(CertificateOutcome.TooSoon);
            foreach (var (name, _) in certificates.Where(
                known => known.Value.ExpiresAt < at - TrustTerms.Remembered).ToArray())
                certificates.Remove(name);
            certificates[Convert.ToHexString(certificate.Thumbprint.Span)] = certificate;
            return Task.FromResult(CertificateOutcome.Stored);
        }
    }

    /// <inheritdoc/>
    public Task<CertificateRow?> FindCertificate(ReadOnlyMemory<byte> thumbprint)
    {
        lock (gate)
            return Task.FromResult(certificates.GetValueOrDefault(Convert.ToHexString(thumbprint.Span)));
    }

    /// <summary>Deletes a node's certificates and its used tokens. Returns whether there were any.</summary>
    public bool Revoke(string node)
    {
        lock (gate)
        {
            var revoked = certificates.Where(known => known.Value.Node == node).ToArray();
            foreach (var (name, _) in revoked)
                certificates.Remove(name);
            return RemoveTokens(token => token.Holder?.Node == node) + revoked.Length > 0;
        }
    }

    private int RemoveTokens(Func<TokenRow, bool> which)
    {
        var removed = tokens.Where(token => which(token.Value)).ToArray();
        foreach (var (name, _) in removed)
            tokens.Remove(name);
        return removed.Length;
    }
}
