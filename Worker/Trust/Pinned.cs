using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTasks.Worker.Trust;

/// <summary>Trusts one authority only, regardless of what the machine trusts.</summary>
public static class Pinned
{
    /// <summary>The extended key usage that a server's certificate must have.</summary>
    internal const string ServerUse = "1.3.6.1.5.5.7.3.1";

    /// <summary>The extended key usage that a worker's certificate must have.</summary>
    internal const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private const string ServerName = "silo.orleanstasks.internal";

    /// <summary>
    /// Returns options that connect only to the authority's servers, and present the identity's certificate.
    /// </summary>
    /// <param name="identity">The identity of the client.</param>
    /// <param name="time">The clock that decides whether certificates are valid.</param>
    /// <param name="place">The address of the server, for the message that says why it is not trusted.</param>
    public static SslClientAuthenticationOptions Tls(WorkerIdentity identity, TimeProvider time, string place = "The service")
    {
        var tls = Tls(identity.Authority, time, place);
        // Called for every connection, so that the newest certificate is presented.
        tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => identity.Certificate;
        return tls;
    }

    /// <summary>Returns options that connect only to the authority's servers, without a client certificate.</summary>
    internal static SslClientAuthenticationOptions Tls(X509Certificate2 authority, TimeProvider time, string place) => new()
    {
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        // The machine's own verdict, which is based on the address and the authorities that it knows, is ignored.
        RemoteCertificateValidationCallback = (_, shown, _, _) =>
            shown is X509Certificate2 server && server.MatchesHostname(ServerName) && IsIssued(server, authority, ServerUse, time.GetUtcNow())
                ? true
                : throw new AuthenticationException(WhyNot(shown as X509Certificate2, place, time.GetUtcNow())),
    };

    /// <summary>
    /// Returns why a server is not trusted. The message is the same each time, so that it is logged as one failure.
    /// </summary>
    internal static string WhyNot(X509Certificate2? shown, string place, DateTimeOffset now) =>
        shown is not null && (now < shown.NotBefore || now > shown.NotAfter)
            ? $"{place} shows a certificate for {shown.NotBefore.ToUniversalTime():u} to {shown.NotAfter.ToUniversalTime():u}, which by this "
                + $"machine's clock {(now < shown.NotBefore ? "is not valid yet" : "has expired")}: compare the clocks of both machines."
            : $"{place} is not the service that this worker joined, or its data folder was recreated: its certificate "
                + "has another authority. Check --master; to join this service, start the worker with a new join "
                + "token (--token) from 'otask node token'.";

    /// <summary>
    /// Returns options that connect to any server.
    /// Used only to fetch the authority's certificate, which is then compared with the expected one.
    /// </summary>
    internal static SslClientAuthenticationOptions TlsWithoutTrust() => new()
    {
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
    };

    /// <summary>Whether a certificate was issued by the authority, is valid now and is for that use.</summary>
    internal static bool IsIssued(X509Certificate2 certificate, X509Certificate2 authority, string use, DateTimeOffset now)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(use));
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        return chain.Build(certificate);
    }
}
