using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansTasks.Worker.Trust;

/// <summary>Trust in one authority alone; what the machine trusts besides does not count.</summary>
public static class Pinned
{
    /// <summary>The use that a server's certificate must be for.</summary>
    internal const string ServerUse = "1.3.6.1.5.5.7.3.1";

    /// <summary>The use that a worker's certificate must be for.</summary>
    internal const string ClientUse = "1.3.6.1.5.5.7.3.2";

    private const string ServerName = "silo.orleanstasks.internal";

    /// <summary>Connects to the authority's servers alone, and shows the identity's certificate.</summary>
    /// <param name="identity">Who connects.</param>
    /// <param name="time">What certificates are valid by.</param>
    /// <param name="place">Whom it calls, for the message that tells why a server is not trusted.</param>
    public static SslClientAuthenticationOptions Tls(WorkerIdentity identity, TimeProvider time, string place = "The service")
    {
        var tls = Tls(identity.Authority, time, place);
        // Asked at every connection, so that the newest one is shown.
        tls.LocalCertificateSelectionCallback = (_, _, _, _, _) => identity.Certificate;
        return tls;
    }

    /// <summary>Connects to the authority's servers alone, and shows nothing.</summary>
    internal static SslClientAuthenticationOptions Tls(X509Certificate2 authority, TimeProvider time, string place) => new()
    {
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        // The machine's own judgement, by address and by the authorities it knows, does not count here.
        RemoteCertificateValidationCallback = (_, shown, _, _) =>
            shown is X509Certificate2 server && server.MatchesHostname(ServerName) && IsIssued(server, authority, ServerUse, time.GetUtcNow())
                ? true
                : throw new AuthenticationException(WhyNot(shown as X509Certificate2, place, time.GetUtcNow())),
    };

    /// <summary>Why a server is not trusted; the same text at every try, so that it is told as one failure.</summary>
    internal static string WhyNot(X509Certificate2? shown, string place, DateTimeOffset now) =>
        shown is not null && (now < shown.NotBefore || now > shown.NotAfter)
            ? $"{place} shows a certificate for {shown.NotBefore.ToUniversalTime():u} to {shown.NotAfter.ToUniversalTime():u}, which by this "
                + $"machine's clock {(now < shown.NotBefore ? "has not begun" : "is over")}: compare the clocks of both machines."
            : $"{place} is another service than the one that this worker has joined, or its data folder was made anew: its certificate "
                + "is of another authority. Check --master; to join the service that is there now, start the worker with a new join "
                + "token (--token), which 'otask node token' prints.";

    /// <summary>Connects to anybody: only to be shown the authority, which is then compared with what is expected.</summary>
    internal static SslClientAuthenticationOptions TlsWithoutTrust() => new()
    {
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
    };

    /// <summary>Whether a certificate is the authority's, valid now and for that use.</summary>
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
