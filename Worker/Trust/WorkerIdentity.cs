using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Trust;

/// <summary>
/// Who a worker is to a service: its certificate with the key, and the authority it trusts. Kept in one file of its data folder,
/// <c>identity.pem</c>, which its owner alone may read and which is replaced as a whole.
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

    /// <summary>The authority whose servers are the service's.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>The certificate to show, with its key.</summary>
    public X509Certificate2 Certificate
    {
        get { lock (gate) return certificate; }
    }

    /// <summary>Whether it is time to ask for the next certificate: a third of this one's life is left.</summary>
    public bool IsRenewalDue
    {
        get
        {
            var shown = Certificate;
            return time.GetUtcNow() > shown.NotAfter.ToUniversalTime() - ((shown.NotAfter - shown.NotBefore) / 3);
        }
    }

    /// <summary>Whether the certificate does not count any more.</summary>
    public bool HasExpired => time.GetUtcNow() > Certificate.NotAfter.ToUniversalTime();

    /// <summary>Whether a data folder has an identity, which may turn out to be unreadable.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Reads the identity of a data folder; null when there is none that can be read.</summary>
    /// <exception cref="IOException">The file is there and cannot be read.</exception>
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

    /// <summary>Makes a certificate request for a key: PKCS#10, DER.</summary>
    internal static byte[] RequestFor(ECDsa key) =>
        new CertificateRequest("CN=worker", key, HashAlgorithmName.SHA256).CreateSigningRequest();

    /// <summary>Keeps a first certificate.</summary>
    /// <exception cref="CryptographicException">It is not one for the key, or not the authority's.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static WorkerIdentity Create(
        string folder, ReadOnlySpan<byte> certificate, ECDsa key, X509Certificate2 authority, JoinToken token, TimeProvider time)
    {
        var made = With(certificate, key, authority, time);
        var origin = OriginOf(token);
        Save(folder, made, key, authority, origin);
        return new(folder, made, authority, origin, time);
    }

    /// <summary>Whether it was given for this very token, so that the token has nothing more to say.</summary>
    public bool IsOf(JoinToken token) => origin == OriginOf(token);

    /// <summary>What asks for the next certificate, for a key of its own.</summary>
    public byte[] RequestNext()
    {
        lock (gate)
        {
            nextKey?.Dispose();
            nextKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            return RequestFor(nextKey);
        }
    }

    /// <summary>Keeps the next certificate; connections that are made from now on show it.</summary>
    /// <exception cref="CryptographicException">It is not one for the key, or not the authority's.</exception>
    /// <exception cref="IOException">It cannot be written; the present one goes on.</exception>
    public void Accept(ReadOnlySpan<byte> next)
    {
        lock (gate)
        {
            if (nextKey is null) return;
            var made = With(next, nextKey, Authority, time);
            Save(folder, made, nextKey, Authority, origin);
            // The one before is still in use by connections; the collector takes it.
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

    /// <summary>What is kept of a token: SHA-256 of its secret, in hexadecimal digits.</summary>
    internal static string OriginOf(JoinToken token) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token.Secret)));

    private static X509Certificate2 With(ReadOnlySpan<byte> certificate, ECDsa key, X509Certificate2 authority, TimeProvider time)
    {
        using var bare = X509CertificateLoader.LoadCertificate(certificate);
        if (!Pinned.IsIssued(bare, authority, Pinned.ClientUse, time.GetUtcNow()))
            throw new CryptographicException("The certificate is not of the service's authority.");
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
