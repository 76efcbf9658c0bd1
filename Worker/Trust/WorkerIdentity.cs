using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Trust;

/// <summary>
/// A worker's identity towards a service: its certificate with the key, and the authority that it trusts. It is stored
/// in the file <c>identity.pem</c> of the data folder, which only its owner may read and which is replaced as a whole.
/// </summary>
public sealed class WorkerIdentity : IDisposable
{
    private const string FileName = "identity.pem";
    private const string OriginLabel = "joined by token ";
    private readonly Lock gate = new();
    private readonly string folder;
    private readonly string origin;
    private readonly TimeProvider time;
    private X509Certificate2 certificate;
    private ECDsa? nextKey;

    private WorkerIdentity(
        string folder, X509Certificate2 certificate, X509Certificate2 authority, string origin, TimeProvider time)
    {
        (this.folder, this.certificate, this.origin, this.time) = (folder, certificate, origin, time);
        Authority = authority;
    }

    /// <summary>The authority that issued the certificates of the service's servers.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>The certificate to present, with its key.</summary>
    public X509Certificate2 Certificate
    {
        get { lock (gate) return certificate; }
    }

    /// <summary>Whether to request the next certificate: at most a third of this one's lifetime is left.</summary>
    public bool IsRenewalDue
    {
        get
        {
            var shown = Certificate;
            return time.GetUtcNow() > shown.NotAfter.ToUniversalTime() - ((shown.NotAfter - shown.NotBefore) / 3);
        }
    }

    /// <summary>Whether the certificate has expired.</summary>
    public bool HasExpired => time.GetUtcNow() > Certificate.NotAfter.ToUniversalTime();

    /// <summary>Whether a data folder has an identity file, even if it is unreadable.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Reads the identity of a data folder. Returns null if there is none, or it is malformed.</summary>
    /// <exception cref="IOException">The file exists but cannot be read.</exception>
    public static WorkerIdentity? Load(string folder, TimeProvider time)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) return null;
        try
        {
            var text = File.ReadAllText(path);
            var all = new X509Certificate2Collection();
            all.ImportFromPem(text);
            if (all.Count != 2) return null;
            var origin = text.StartsWith(OriginLabel, StringComparison.Ordinal) ? text[OriginLabel.Length..text.IndexOf('\n')] : "";
            return new(folder, X509Certificate2.CreateFromPem(text, text), all[1], origin, time);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Returns a certificate request for a key, as PKCS#10 in DER.</summary>
    internal static byte[] RequestFor(ECDsa key) =>
        new CertificateRequest("CN=worker", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    /// <summary>Stores a first certificate.</summary>
    /// <exception cref="CryptographicException">
    /// The certificate is for another key or from another authority.
    /// </exception>
    /// <exception cref="IOException">The certificate cannot be written.</exception>
    public static WorkerIdentity Create(
        string folder, ReadOnlySpan<byte> certificate, ECDsa key, X509Certificate2 authority, JoinToken token, TimeProvider time)
    {
        var made = With(certificate, key, authority, time);
        var origin = OriginOf(token);
        Save(folder, made, key, authority, origin);
        return new(folder, made, authority, origin, time);
    }

    /// <summary>Whether this identity came from the given token, which then has no further use.</summary>
    public bool IsOf(JoinToken token) => origin == OriginOf(token);

    /// <summary>Returns a request for the next certificate, which has its own key.</summary>
    public byte[] RequestNext()
    {
        lock (gate)
        {
            nextKey?.Dispose();
            nextKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return RequestFor(nextKey);
        }
    }

    /// <summary>
    /// Stores the next certificate, which new connections will present. Does nothing without a request.
    /// </summary>
    /// <exception cref="CryptographicException">
    /// The certificate is for another key or from another authority.
    /// </exception>
    /// <exception cref="IOException">The certificate cannot be written; the present one stays in use.</exception>
    public void Accept(ReadOnlySpan<byte> next)
    {
        lock (gate)
        {
            if (nextKey is null) return;
            var made = With(next, nextKey, Authority, time);
            Save(folder, made, nextKey, Authority, origin);
            // Existing connections still use the previous certificate, so it is left to the garbage collector.
            certificate = made;
            nextKey.Dispose();
            nextKey = null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        certificate.Dispose();
        Authority.Dispose();
        nextKey?.Dispose();
    }

    /// <summary>Returns what is stored of a token: the SHA-256 of its secret, in hexadecimal.</summary>
    internal static string OriginOf(JoinToken token) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token.Secret)));

    private static X509Certificate2 With(ReadOnlySpan<byte> certificate, ECDsa key, X509Certificate2 authority, TimeProvider time)
    {
        using var bare = X509CertificateLoader.LoadCertificate(certificate);
        if (!Pinned.IsIssued(bare, authority, Pinned.ClientUse, time.GetUtcNow()))
            throw new CryptographicException("The service's authority did not issue the certificate.");
        try
        {
            return bare.CopyWithPrivateKey(key);
        }
        catch (ArgumentException wrong)
        {
            throw new CryptographicException("The certificate is for another key.", wrong);
        }
    }

    private static void Save(
        string folder, X509Certificate2 certificate, ECDsa key, X509Certificate2 authority, string origin)
    {
        string[] lines =
        [
            OriginLabel + origin, certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), authority.ExportCertificatePem(),
        ];
        WholeFile.Write(Path.Combine(folder, FileName), string.Join('\n', lines) + '\n');
    }
}
