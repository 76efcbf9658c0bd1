using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansTasks.Storage;

namespace OrleansTasks.Trust;

/// <summary>
/// The service's own certificate authority: ECDSA on P-256, made once and kept in the store with its private key. It certifies silos as
/// servers and nodes as clients, and nothing else. It remembers nothing that it issues: the caller stores nodes' certificates.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>The name that all server certificates carry, whatever the address they serve.</summary>
    public const string ServerName = "silo.orleanstasks.internal";

    /// <summary>How long a node's certificate is valid.</summary>
    public static readonly TimeSpan NodeLife = TimeSpan.FromDays(30);

    /// <summary>How long a server's certificate is valid. Its key lives in the silo's memory alone.</summary>
    public static readonly TimeSpan ServerLife = TimeSpan.FromDays(90);

    private const string ServerUse = "1.3.6.1.5.5.7.3.1", ClientUse = "1.3.6.1.5.5.7.3.2";
    private const int SerialBytes = 16;
    private static readonly TimeSpan Life = TimeSpan.FromDays(20 * 365);

    /// <summary>How long before its making a certificate is already valid, since the clocks of machines differ.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(10);

    private readonly X509Certificate2 issuer;

    /// <summary>Opens a stored authority.</summary>
    public CertificateAuthority(AuthorityRow row)
    {
        using var bare = X509CertificateLoader.LoadCertificate(row.Certificate.Span);
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(row.Key.Span, out _);
        issuer = bare.CopyWithPrivateKey(key);
        Hash = SHA256.HashData(row.Certificate.Span);
    }

    /// <summary>SHA-256 of its certificate, DER: 32 bytes. Join tokens carry it, so a worker knows the authority.</summary>
    public ReadOnlyMemory<byte> Hash { get; }

    /// <summary>Its certificate, DER.</summary>
    public ReadOnlyMemory<byte> Certificate => issuer.RawDataMemory;

    /// <summary>What its certificates name as their issuer.</summary>
    public X500DistinguishedName Name => issuer.SubjectName;

    /// <summary>Opens the stored authority; makes it when there is none yet. Silos that do so at once get the same one.</summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read or written.</exception>
    public static async Task<CertificateAuthority> Open(ITrustStore store, DateTimeOffset now) =>
        new(await store.GetAuthority() ?? await store.AddAuthority(Make(now)));

    /// <summary>Makes a new authority, valid for 20 years, and stores it nowhere.</summary>
    public static AuthorityRow Make(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = $"CN=OrleansTasks {RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var certificate = request.CreateSelfSigned(now - Slack, now + Life);
        return new AuthorityRow(certificate.RawData, key.ExportPkcs8PrivateKey(), now.ToUnixTimeMilliseconds());
    }

    /// <summary>
    /// Certifies a new key as a silo's. The certificate has the key; the caller replaces it before it expires, and disposes it.
    /// </summary>
    public X509Certificate2 IssueServer(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={ServerName}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(ServerName);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = Issue(request, ServerUse, now, ServerLife);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>
    /// Certifies a worker's key as that of a node (common name) and its instance (organizational unit). The caller has checked that the
    /// worker may be that node.
    /// </summary>
    public X509Certificate2 IssueNode(string node, string instance, CertificateKey key, DateTimeOffset now)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(node);
        subject.AddOrganizationalUnitName(instance);
        return Issue(new CertificateRequest(subject.Build(), key.Value, HashAlgorithmName.SHA256), ClientUse, now, NodeLife);
    }

    /// <summary>
    /// Whether this authority has signed the certificate. Checks neither its time, nor its use, nor whether it was revoked. The issuer's
    /// name alone proves nothing, because anyone can write it into a certificate.
    /// </summary>
    public bool HasSigned(X509Certificate2 certificate)
    {
        if (!certificate.IssuerName.RawData.AsSpan().SequenceEqual(Name.RawData))
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(issuer);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        try
        {
            return chain.Build(certificate);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => issuer.Dispose();

    /// <summary>Signs a request for one use (an OID), valid from a little before now, and no longer than the authority itself.</summary>
    private X509Certificate2 Issue(CertificateRequest request, string use, DateTimeOffset now, TimeSpan life)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        var end = now + life < issuer.NotAfter ? now + life : issuer.NotAfter;
        return request.Create(issuer, now - Slack, end, RandomNumberGenerator.GetBytes(SerialBytes));
    }
}
