using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using OrleansTasks.Settings;

namespace OrleansTasks.Client.Hosting;

/// <summary>Loads the certificate that --tls-cert and --tls-key name.</summary>
internal static class TlsCertificate
{
    /// <summary>
    /// Returns the certificate with its key; null if none is configured. Throws <see cref="StartRefusedException"/>.
    /// </summary>
    public static X509Certificate2? Load(GatewayOptions options)
    {
        if (options.TlsCert is null || options.TlsKey is null)
            return null;
        try
        {
            return X509Certificate2.CreateFromPemFile(options.TlsCert, options.TlsKey);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException(
                "--tls-cert and --tls-key take the PEM files of a certificate and of its private key. "
                + $"Cannot use {options.TlsCert} with {options.TlsKey}: {e.Message}", StartRefusedException.BadOption);
        }
    }
}
