using System.Security.Authentication;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace OrleansTasks.Silo.Trust;

/// <summary>TLS in front of the worker plane.</summary>
internal static class NodeTls
{
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Shows the silo's certificate and asks for the worker's. Which one is good, and for what, is the gate's to say: it can do so in
    /// words, which a handshake cannot. The handshake proves that the worker has its key.
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
