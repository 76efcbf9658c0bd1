using System.Security.Authentication;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace OrleansTasks.Silo.Trust;

/// <summary>Configures TLS for the worker plane.</summary>
internal static class NodeTls
{
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Presents the silo's certificate and requests the worker's. The handshake only proves that the worker has the
    /// certificate's key. The gate decides whether the certificate is valid and for what, because it can give reasons,
    /// which a handshake cannot.
    /// </summary>
    internal static Action<ListenOptions> Of(NodeTrust trust, CertificateGate gate, TimeProvider time) => listen =>
    {
        listen.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificateSelector = (_, _) => trust.ServerCertificate(),
            ClientCertificateMode = ClientCertificateMode.AllowCertificate,
            ClientCertificateValidation = static (_, _, _) => true,
            SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            HandshakeTimeout = HandshakeLimit,
        });
        listen.Use(new Strangers(gate.Counts, time).Bound);
    };
}
