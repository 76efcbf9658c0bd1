using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Tls;
using OrleansTasks.Settings;

namespace OrleansTasks.Client.Hosting;

/// <summary>The rules for the options by which a separate gateway finds its silos.</summary>
internal static class TargetRules
{
    /// <summary>Throws <see cref="StartRefusedException"/> if options contradict each other.</summary>
    internal static void Check(ClusterTarget target)
    {
        if (target.Database is null)
            return;
        if (target.Certificate is not null)
            throw Refusal(
                "--cluster-cert: a gateway with --db makes a certificate for itself. Leave out one of the two.");
        if (target.Silos.Count > 0 || target.Cluster is not null)
            throw Refusal("--db: the database lists the silos and names their cluster. "
                + "Omit --silo and --cluster, or --db.");
    }

    /// <summary>
    /// Throws <see cref="StartRefusedException"/> if a gateway could never connect, because it has no certificate.
    /// </summary>
    internal static void CheckCertificate(ClusterTarget target)
    {
        if (target.Database is not null || target.Certificate is not null)
            return;
        var rule = new ClusterTlsRule(target.Tls);
        if (target.Silos.FirstOrDefault(rule.Covers) is { } silo)
            throw Refusal($"--silo {silo.Host}:{silo.Port}: {(target.Tls is null ? "beyond loopback, " : "")}"
                + "silos admit only gateways with a certificate. Make one from the silos' store (otask cluster certificate "
                + "FILE --data DIR) and give --cluster-cert FILE; or give --cluster-tls off to the silos and their gateways.");
    }

    private static StartRefusedException Refusal(string message) => new(message, StartRefusedException.BadOption);
}
