using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTasks.Storage.Trust;

/// <summary>
/// The service's certificate authority (ECDSA P-256, valid for 20 years, never renewed), which all silos share through
/// the store. It certifies silos as TLS servers and nodes as TLS clients on the worker plane, and silos and gateways to
/// each other (<see cref="IssueMember"/>). It keeps no record of issued certificates: silos store those of nodes and
/// must look one up before they accept its holder, because deleting the row revokes it.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>
    /// The host name in every server certificate. Workers check this name instead of the address that they connect to.
    /// </summary>
    public const string ServerName = "silo.orleanstasks.internal";

    /// <summary>The validity of a node's certificate. Its worker renews it when a third is left.</summary>
    public static readonly TimeSpan NodeLife = TimeSpan.FromDays(30);

    /// <summary>
    /// The validity of a silo's certificates, which are never stored, and are replaced when a third is left. Also that
    /// of a gateway that issues its own.
    /// </summary>
    public static readonly TimeSpan ServerLife = TimeSpan.FromDays(90);

    // Extended key usages: TLS server and TLS client.
    private const string ServerUse = "1.3.6.1.5.5.7.3.1", ClientUse = "1.3.6.1.5.5.7.3.2";
    private const int SerialBytes = 16;
    private static readonly TimeSpan Life = TimeSpan.FromDays(20 * 365);

    /// <summary>How far certificates are backdated, because the verifier's clock may be slow.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The same for the authority. It must stay valid if the clock was fast when it was made and is later set right.
    /// </summary>
    private static readonly TimeSpan AuthoritySlack = TimeSpan.FromDays(365);

    private readonly X509Certificate2 issuer;

    /// <summary>Loads a stored authority.</summary>
    public CertificateAuthority(AuthorityRow row)
    {
        using var bare = X509CertificateLoader.LoadCertificate(row.Certificate.Span);
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(row.Key.Span, out _);
        issuer = bare.CopyWithPrivateKey(key);
        Hash = SHA256.HashData(row.Certificate.Span);
    }

    /// <summary>The SHA-256 of the DER certificate. Join tokens carry it, and joining workers compare it.</summary>
    public ReadOnlyMemory<byte> Hash { get; }

    /// <summary>The DER-encoded certificate. It is public: silos show it to any peer.</summary>
    public ReadOnlyMemory<byte> Certificate => issuer.RawDataMemory;

    /// <summary>The issuer name in every certificate.</summary>
    public X500DistinguishedName Name => issuer.SubjectName;

    /// <summary>
    /// Opens the stored authority, creating one if needed. Concurrent callers get the same authority.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read or written.</exception>
    /// <exception cref="OutcomeUnknownException">
    /// It is unknown whether an authority was stored. Repeating the call is safe.
    /// </exception>
    public static async Task<CertificateAuthority> Open(ITrustStore store, DateTimeOffset now) =>
        new(await store.GetAuthority() ?? await store.AddAuthority(Make(now)));

    /// <summary>
    /// Creates an authority without storing it. The row has the unencrypted private key: keep it secret.
    /// </summary>
    public static AuthorityRow Make(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = $"CN=OrleansTasks {RandomNumberGenerator.GetHexString(12, lowercase: true)}";
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        using var certificate = request.CreateSelfSigned(now - AuthoritySlack, now + Life);
        return new AuthorityRow(certificate.RawData, key.ExportPkcs8PrivateKey(), now.ToUnixTimeMilliseconds());
    }

    /// <summary>Creates a key and issues a server certificate for it. The result includes the private key.</summary>
    public X509Certificate2 IssueServer(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={ServerName}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(ServerName);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = Issue(request, [ServerUse], now, ServerLife);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>
    /// Creates a key and issues a cluster certificate for it, by which silos and gateways authenticate each other
    /// (<see cref="ClusterTrust"/>). The result includes the private key.
    /// </summary>
    public X509Certificate2 IssueMember(ClusterRole role, DateTimeOffset now, TimeSpan life)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={ClusterTrust.NameOf(role)}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(ClusterTrust.NameOf(role));
        request.CertificateExtensions.Add(names.Build());
        // A gateway only connects; a silo also accepts connections.
        string[] uses = role == ClusterRole.Silo ? [ServerUse, ClientUse] : [ClientUse];
        using var certificate = Issue(request, uses, now, life);
        return certificate.CopyWithPrivateKey(key);
    }

    /// <summary>
    /// Issues a certificate for a worker's key. The common name is the node, the organizational unit the instance. The
    /// caller must have checked that the worker may be that node, and must store the certificate.
    /// </summary>
    public X509Certificate2 IssueNode(string node, string instance, CertificateKey key, DateTimeOffset now)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(node);
        subject.AddOrganizationalUnitName(instance);
        return Issue(new CertificateRequest(subject.Build(), key.Value, HashAlgorithmName.SHA256), [ClientUse], now, NodeLife);
    }

    /// <summary>
    /// Returns whether this authority signed the certificate, even if it is expired, revoked or a silo's. Spares
    /// callers a read of the store for foreign certificates.
    /// </summary>
    public bool HasSigned(X509Certificate2 certificate) => HasSigned(issuer, certificate);

    /// <summary>The same for an authority of which only the certificate is known.</summary>
    internal static bool HasSigned(X509Certificate2 authority, X509Certificate2 certificate)
    {
        // Skips the signature check for most foreign certificates. An equal name alone proves nothing.
        if (!certificate.IssuerName.RawData.AsSpan().SequenceEqual(authority.SubjectName.RawData))
            return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
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

    /// <summary>Signs a certificate for some uses, within the validity of the authority.</summary>
    private X509Certificate2 Issue(CertificateRequest request, string[] uses, DateTimeOffset now, TimeSpan life)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(
            new X509EnhancedKeyUsageExtension([.. uses.Select(static use => new Oid(use))], true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        var begin = now - Slack > issuer.NotBefore ? now - Slack : issuer.NotBefore;
        var end = now + life < issuer.NotAfter ? now + life : issuer.NotAfter;
        return request.Create(issuer, begin, end, RandomNumberGenerator.GetBytes(SerialBytes));
    }
}
