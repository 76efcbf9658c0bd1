using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansTasks.Storage.Trust;

namespace OrleansTasks.Storage.Files;

/// <summary>
/// The PEM file of a gateway without a database: its cluster certificate, the private key, and the authority's
/// certificate. Only its owner can read it.
/// </summary>
public static class ClusterCertificateFile
{
    /// <summary>Returns the file's content, which is a secret.</summary>
    public static byte[] Content(X509Certificate2 certificate, X509Certificate2 authority)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        ArgumentNullException.ThrowIfNull(authority);
        using var key = certificate.GetECDsaPrivateKey()!;
        return Encoding.ASCII.GetBytes(
            $"{certificate.ExportCertificatePem()}\n{key.ExportPkcs8PrivateKeyPem()}\n{authority.ExportCertificatePem()}\n");
    }

    /// <summary>Reads the file: the certificate with its key, and the authority.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not read the file.</exception>
    /// <exception cref="CryptographicException">The file does not have these contents.</exception>
    public static (X509Certificate2 Certificate, ClusterTrust Trust) Read(string path)
    {
        var text = File.ReadAllText(path);
        var all = new X509Certificate2Collection();
        all.ImportFromPem(text);
        if (all.Count != 2)
            throw new CryptographicException(
                $"It must contain a certificate, its key and the authority's certificate; it has {all.Count} certificates.");
        return (X509Certificate2.CreateFromPem(text, text), new ClusterTrust(all[1].RawData));
    }
}
