using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTasks.System.Tests.Running;

/// <summary>Self-signed certificates, as files.</summary>
internal static class OwnCertificate
{
    /// <summary>Writes a certificate and its key in PEM; returns the options that name them.</summary>
    public static string[] Options(string folder, string name)
    {
        var (certificate, key) = Write(folder, name);
        return ["--tls-cert", certificate, "--tls-key", key];
    }

    /// <summary>Writes a certificate of the subject <c>CN=name</c> and its key in PEM; returns the files.</summary>
    public static (string Certificate, string Key) Write(string folder, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var file = Path.Combine(folder, name);
        File.WriteAllText(file + ".crt", certificate.ExportCertificatePem());
        File.WriteAllText(file + ".key", key.ExportPkcs8PrivateKeyPem());
        return (file + ".crt", file + ".key");
    }

    /// <summary>A handler for a client that asks no authority.</summary>
    public static SocketsHttpHandler TrustAll() => new()
    {
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
    };
}
