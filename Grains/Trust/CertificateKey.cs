using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTasks.Trust;

/// <summary>
/// The public key of a certificate request (PKCS#10). Of the request nothing else counts: whom it names and what it asks for is the
/// service's to say.
/// </summary>
public sealed class CertificateKey
{
    /// <summary>The most bytes of a request; one for P-256 has about 250.</summary>
    public const int LargestRequest = 2048;

    private const string P256 = "1.2.840.10045.3.1.7";

    private CertificateKey(PublicKey key)
    {
        Value = key;
        Hash = SHA256.HashData(key.ExportSubjectPublicKeyInfo());
    }

    /// <summary>The key.</summary>
    public PublicKey Value { get; }

    /// <summary>SHA-256 of the key.</summary>
    public ReadOnlyMemory<byte> Hash { get; }

    /// <summary>
    /// Reads a request and checks that its sender has the key. Null with what is wrong, in words that fit after "The certificate
    /// request".
    /// </summary>
    public static CertificateKey? Read(ReadOnlyMemory<byte> request, out string wrong)
    {
        wrong = "";
        if (request.Length is 0 or > LargestRequest)
        {
            wrong = $"has {request.Length} bytes; it may have 1 to {LargestRequest}";
            return null;
        }

        try
        {
            var read = CertificateRequest.LoadSigningRequest(request.ToArray(), HashAlgorithmName.SHA256);
            using var key = read.PublicKey.GetECDsaPublicKey();
            if (key?.ExportParameters(false).Curve.Oid.Value == P256)
                return new CertificateKey(read.PublicKey);
            wrong = "is not for an ECDSA key on the curve P-256";
        }
        catch (CryptographicException)
        {
            wrong = "cannot be read, or is not signed by its own key";
        }

        return null;
    }
}
