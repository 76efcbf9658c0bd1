namespace OrleansTasks.Storage.Memory;

/// <summary>The authority, tokens and certificates in memory, for tests and simulations.</summary>
public sealed class MemoryTrustStore : ITrustStore
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, (byte[]? Key, long ExpiresAt)> tokens = new(StringComparer.Ordinal);
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
    public Task AddToken(ReadOnlyMemory<byte> hash, long at, long expiresAt)
    {
        lock (gate)
        {
            foreach (var (name, _) in tokens.Where(token => token.Value.ExpiresAt < at - TrustTerms.Remembered).ToArray())
                tokens.Remove(name);
            tokens.Add(Convert.ToHexString(hash.Span), (null, expiresAt));
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<bool> LetsAnyIn(long at)
    {
        lock (gate)
            return Task.FromResult(tokens.Values.Any(token => token.Key is null && token.ExpiresAt > at)
                || certificates.Values.Any(certificate => certificate.ExpiresAt > at));
    }

    /// <inheritdoc/>
    public Task<TokenUse> UseToken(ReadOnlyMemory<byte> hash, ReadOnlyMemory<byte> key, long at)
    {
        lock (gate)
        {
            var name = Convert.ToHexString(hash.Span);
            if (!tokens.TryGetValue(name, out var token))
                return Task.FromResult(TokenUse.Unknown);
            if (token.Key is not null && !key.Span.SequenceEqual(token.Key))
                return Task.FromResult(TokenUse.Spent);
            if (token.ExpiresAt <= at)
                return Task.FromResult(TokenUse.Expired);
            tokens[name] = (key.ToArray(), token.ExpiresAt);
            return Task.FromResult(TokenUse.Used);
        }
    }

    /// <inheritdoc/>
    public Task AddCertificate(CertificateRow certificate, long at)
    {
        lock (gate)
        {
            foreach (var (name, _) in certificates.Where(known => known.Value.ExpiresAt < at - TrustTerms.Remembered).ToArray())
                certificates.Remove(name);
            certificates[Convert.ToHexString(certificate.Thumbprint.Span)] = certificate;
        }

        return Task.CompletedTask;
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
            foreach (var (name, _) in certificates.Where(known => known.Value.Node == node).ToArray())
                certificates.Remove(name);
        return Task.CompletedTask;
    }
}
