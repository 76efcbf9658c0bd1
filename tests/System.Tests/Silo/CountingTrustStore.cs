using System.Collections.Immutable;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Trust;

namespace OrleansTasks.System.Tests.Silo;

/// <summary>A trust store that counts the questions about certificates, and the certificates that it is to store.</summary>
internal sealed class CountingTrustStore(MemoryTrustStore store) : ITrustStore
{
    private int lookups;
    private int additions;

    public int Lookups => Volatile.Read(ref lookups);

    public int Additions => Volatile.Read(ref additions);

    public Task<CertificateRow?> FindCertificate(ReadOnlyMemory<byte> thumbprint)
    {
        Interlocked.Increment(ref lookups);
        return store.FindCertificate(thumbprint);
    }

    public Task<AuthorityRow?> GetAuthority() => store.GetAuthority();

    public Task<AuthorityRow> AddAuthority(AuthorityRow authority) => store.AddAuthority(authority);

    public Task AddToken(ReadOnlyMemory<byte> hash, TokenTerms terms, long at, long expiresAt) =>
        store.AddToken(hash, terms, at, expiresAt);

    public Task<bool> HasToken(ReadOnlyMemory<byte> hash, long at) => store.HasToken(hash, at);

    public Task<ImmutableArray<string>> FixedLabels() => store.FixedLabels();

    public Task<bool> HasUsableCredential(long at) => store.HasUsableCredential(at);

    public Task<TokenVerdict> UseToken(ReadOnlyMemory<byte> hash, TokenHolder holder, long at) =>
        store.UseToken(hash, holder, at);

    public Task<CertificateOutcome> AddCertificate(
        CertificateRow certificate, ReadOnlyMemory<byte> grounds, long at, long apart = 0)
    {
        Interlocked.Increment(ref additions);
        return store.AddCertificate(certificate, grounds, at, apart);
    }

    public bool Revoke(string node) => store.Revoke(node);
}
