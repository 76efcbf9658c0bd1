using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTasks.Storage.Trust;

/// <summary>
/// A worker's ECDSA P-256 public key, from its PKCS#10 request. The silo ignores the requested subject and extensions
/// and sets its own (<see cref="CertificateAuthority.IssueNode"/>).
/// </summary>
public sealed class CertificateKey
{
    /// <summary>
    /// The maximum size of a request, in bytes (one for P-256 has about 250). Limits what unknown peers can have
    /// parsed.
    /// </summary>
    public const int LargestRequest = 2048;

    // The object identifier of the curve.
    private const string P256 = "1.2.840.10045.3.1.7";

    private CertificateKey(PublicKey key)
    {
        Value = key;
        Hash = SHA256.HashData(key.ExportSubjectPublicKeyInfo());
    }

    /// <summary>The public key.</summary>
    public PublicKey Value { get; }

    /// <summary>The SHA-256 of the DER SubjectPublicKeyInfo, stored with a used join token.</summary>
    public ReadOnlyMemory<byte> Hash { get; }

    /// <summary>
    /// Reads a DER request and verifies that its own key signed it. Returns null if it is invalid;
    /// <paramref name="wrong"/> then completes the sentence "The certificate request …".
    /// </summary>
    public static CertificateKey? Read(ReadOnlyMemory<byte> request, out string wrong)
    {
        wrong = "";
        if (request.Length is 0 or > LargestRequest)
        {
            wrong = $"has {request.Length} bytes; expected 1 to {LargestRequest}";
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
        // NotSupportedException: an unknown signature algorithm.
        catch (Exception fault) when (fault is CryptographicException or NotSupportedException)
        {
            wrong = "cannot be read, or is not signed by its own key";
        }

        return null;
    }
}
