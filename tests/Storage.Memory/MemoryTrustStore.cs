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
    public Task<bool> AddCertificate(CertificateRow certificate, ReadOnlyMemory<byte> grounds, long at)
    {
        lock (gate)
        {
            var ground = Convert.ToHexString(grounds.Span);
            if (!tokens.ContainsKey(ground) && !certificates.ContainsKey(ground))
                return Task.FromResult(false);
            foreach (var (name, _) in certificates.Where(
                known => known.Value.ExpiresAt < at - TrustTerms.Remembered).ToArray())
                certificates.Remove(name);
            certificates[Convert.ToHexString(certificate.Thumbprint.Span)] = certificate;
            return Task.FromResult(true);
        }
    }

    /// <inheritdoc/>
    public Task<CertificateRow?> FindCertificate(ReadOnlyMemory<byte> thumbprint)
    {
        lock (gate)
            return Task.FromResult(certificates.GetValueOrDefault(Convert.ToHexString(thumbprint.Span)));
    }

    /// <inheritdoc/>
    public Task Revoke(string node)
    {
        lock (gate)
        {
            foreach (var (name, _) in certificates.Where(known => known.Value.Node == node).ToArray())
                certificates.Remove(name);
            RemoveTokens(token => token.Holder?.Node == node);
        }

        return Task.CompletedTask;
    }

    private void RemoveTokens(Func<TokenRow, bool> which)
    {
        foreach (var (name, _) in tokens.Where(token => which(token.Value)).ToArray())
            tokens.Remove(name);
    }
}
