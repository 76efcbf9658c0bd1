using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTasks.Trust;

/// <summary>
/// The public key of a worker, taken from the certificate request (PKCS#10) that the worker sends when it joins or
/// renews its certificate. The silo uses only the key of a request: it ignores the requested subject and extensions,
/// and chooses those of the certificate itself (<see cref="CertificateAuthority.IssueNode"/>). Only ECDSA keys on the
/// curve P-256 are taken.
/// </summary>
public sealed class CertificateKey
{
    /// <summary>
    /// The largest length of a request, in bytes; a longer one is refused without parsing. A request for a P-256 key
    /// has about 250 bytes. The bound keeps peers that are not known yet from making the silo parse large requests.
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

    /// <summary>
    /// SHA-256 of the key's DER-encoded SubjectPublicKeyInfo, 32 bytes. The store keeps it with a used join token, so
    /// that only the same worker can repeat the use.
    /// </summary>
    public ReadOnlyMemory<byte> Hash { get; }

    /// <summary>
    /// Reads a DER-encoded request and verifies its signature, which proves that the sender has the private key.
    /// Returns null when the request is invalid.
    /// </summary>
    /// <param name="request">The request, as the worker sent it.</param>
    /// <param name="wrong">
    /// What is wrong with the request, as the end of a sentence that begins "The certificate request"; empty when
    /// valid.
    /// </param>
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
        // LoadSigningRequest throws NotSupportedException for a signature algorithm that it does not know.
        catch (Exception fault) when (fault is CryptographicException or NotSupportedException)
        {
            wrong = "cannot be read, or is not signed by its own key";
        }

        return null;
    }
}
