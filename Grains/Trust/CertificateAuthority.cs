using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansTasks.Storage;

namespace OrleansTasks.Trust;

/// <summary>
/// The service's own certificate authority, by which workers and silos know each other. It certifies silos as TLS
/// servers and worker nodes as TLS clients, and nothing else. It is made once (ECDSA on P-256, valid for 20 years,
/// never renewed) and kept in the store with its private key, so all silos have the same authority. A silo opens it at
/// its start and issues certificates with it; <see cref="JoinTokens"/> puts its hash into join tokens, with which new
/// workers get their first certificate.
/// </summary>
/// <remarks>
/// The authority keeps no record of what it issues. Silos store the certificates of nodes, and deleting a certificate
/// from the store revokes it. So silos look a certificate up in the store, too, before they let its holder in.
/// </remarks>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>
    /// The name in every server certificate. Workers check this name and not the address that they connect to, so a
    /// silo may have any address. Workers have a copy of this constant.
    /// </summary>
    public const string ServerName = "silo.orleanstasks.internal";

    /// <summary>How long a node's certificate is valid. Its worker asks for the next when a third is left.</summary>
    public static readonly TimeSpan NodeLife = TimeSpan.FromDays(30);

    /// <summary>
    /// How long a silo's certificate is valid. It is never stored: a silo makes one when it first needs one, and
    /// another when a third of this time is left.
    /// </summary>
    public static readonly TimeSpan ServerLife = TimeSpan.FromDays(90);

    // Extended key usages: TLS server and TLS client.
    private const string ServerUse = "1.3.6.1.5.5.7.3.1", ClientUse = "1.3.6.1.5.5.7.3.2";
    private const int SerialBytes = 16;
    private static readonly TimeSpan Life = TimeSpan.FromDays(20 * 365);

    /// <summary>
    /// A certificate is valid from this long before the time at which it is made, because the clock of the machine that
    /// checks it may be slow by as much.
    /// </summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The same for the authority itself. It is long because the authority stays: if the clock was fast when the
    /// authority was made and is then set right, the authority must be valid all the same.
    /// </summary>
    private static readonly TimeSpan AuthoritySlack = TimeSpan.FromDays(365);

    private readonly X509Certificate2 issuer;

    /// <summary>Opens an authority from its stored certificate and private key. The caller disposes it.</summary>
    public CertificateAuthority(AuthorityRow row)
    {
        using var bare = X509CertificateLoader.LoadCertificate(row.Certificate.Span);
        using var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(row.Key.Span, out _);
        issuer = bare.CopyWithPrivateKey(key);
        Hash = SHA256.HashData(row.Certificate.Span);
    }

    /// <summary>
    /// SHA-256 of the authority's DER-encoded certificate, 32 bytes. A join token carries it, and a worker that joins
    /// compares it with the authority that the silo shows.
    /// </summary>
    public ReadOnlyMemory<byte> Hash { get; }

    /// <summary>The authority's certificate, DER-encoded. Public: silos show it to anybody.</summary>
    public ReadOnlyMemory<byte> Certificate => issuer.RawDataMemory;

    /// <summary>The authority's name, which every certificate that it issues has as its issuer.</summary>
    public X500DistinguishedName Name => issuer.SubjectName;

    /// <summary>
    /// Opens the stored authority, and makes and stores it first when there is none. Callers that do so at the same
    /// time get the same authority: the store keeps the first. The caller disposes the returned object.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store cannot be read or written.</exception>
    /// <exception cref="OutcomeUnknownException">
    /// A new authority may be stored or not; repeating is harmless.
    /// </exception>
    public static async Task<CertificateAuthority> Open(ITrustStore store, DateTimeOffset now) =>
        new(await store.GetAuthority() ?? await store.AddAuthority(Make(now)));

    /// <summary>
    /// Makes a new authority with a name of its own, valid for 20 years. Does not store it. The caller must keep the
    /// row secret, because it has the private key in plain form.
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

    /// <summary>
    /// Makes a new key and certifies it as a silo's. The certificate that is returned includes the private key. The
    /// caller must replace it before it expires.
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
    /// Certifies a worker's public key as that of a node. The node's name becomes the common name, and the id of the
    /// worker's data folder (its instance) the organizational unit. The caller has checked that the worker may be that
    /// node, and must store the certificate: silos let in no certificate that is not stored.
    /// </summary>
    public X509Certificate2 IssueNode(string node, string instance, CertificateKey key, DateTimeOffset now)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(node);
        subject.AddOrganizationalUnitName(instance);
        return Issue(new CertificateRequest(subject.Build(), key.Value, HashAlgorithmName.SHA256), ClientUse, now, NodeLife);
    }

    /// <summary>
    /// Whether this authority has signed the certificate. True also for a certificate that has expired, was revoked, or
    /// is a silo's: the caller checks for these. A silo asks this before it looks into the store, so that foreign
    /// certificates cost no read.
    /// </summary>
    public bool HasSigned(X509Certificate2 certificate)
    {
        // Spares the signature check for most foreign certificates. An equal name proves nothing: anyone can write it.
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

    /// <summary>
    /// Signs a request as a certificate for one use (<see cref="ServerUse"/> or <see cref="ClientUse"/>). It is valid
    /// from <see cref="Slack"/> before now, for <paramref name="life"/>, but neither before nor after the authority
    /// itself.
    /// </summary>
    private X509Certificate2 Issue(CertificateRequest request, string use, DateTimeOffset now, TimeSpan life)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(use)], true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        var begin = now - Slack > issuer.NotBefore ? now - Slack : issuer.NotBefore;
        var end = now + life < issuer.NotAfter ? now + life : issuer.NotAfter;
        return request.Create(issuer, begin, end, RandomNumberGenerator.GetBytes(SerialBytes));
    }
}
