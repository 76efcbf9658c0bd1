using System.Security.Cryptography.X509Certificates;

namespace OrleansTasks.Storage.Trust;

/// <summary>
/// Checks cluster certificates, by which silos and gateways authenticate each other. The authority must have signed the
/// certificate for the expected role; host names and the system's trusted authorities do not matter. Certificates of
/// workers, and those that silos show to workers, have no role.
/// </summary>
public sealed class ClusterTrust : IDisposable
{
    /// <summary>Creates the check from the authority's DER certificate.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The bytes are not a certificate.</exception>
    public ClusterTrust(ReadOnlySpan<byte> authority) => Authority = X509CertificateLoader.LoadCertificate(authority);

    /// <summary>The authority's certificate, without its key.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>
    /// Returns why a certificate is refused, as the end of a sentence about its holder; null if it is accepted.
    /// </summary>
    public string? FindFault(X509Certificate2? shown, ClusterRole role, DateTimeOffset now)
    {
        if (shown is null)
            return "it showed no certificate";
        if (!CertificateAuthority.HasSigned(Authority, shown))
            return "its certificate is from another authority";
        if (!HasRole(shown, role))
            return $"its certificate is not one of a {(role == ClusterRole.Silo ? "silo" : "gateway")}";
        if (now > shown.NotAfter.ToUniversalTime())
            return "its certificate has expired";
        return now < shown.NotBefore.ToUniversalTime() ? "its certificate is not valid yet; compare the clocks" : null;
    }

    /// <inheritdoc/>
    public void Dispose() => Authority.Dispose();

    /// <summary>Returns the DNS name by which a certificate states a role. Workers cannot choose names.</summary>
    internal static string NameOf(ClusterRole role) =>
        role == ClusterRole.Silo ? "silo.cluster.orleanstasks.internal" : "gateway.cluster.orleanstasks.internal";

    private static bool HasRole(X509Certificate2 certificate, ClusterRole role) => certificate.Extensions
        .OfType<X509SubjectAlternativeNameExtension>()
        .SelectMany(static names => names.EnumerateDnsNames())
        .Contains(NameOf(role), StringComparer.Ordinal);
}
