using System.Net;
using OrleansTasks.Processing.Text;
using OrleansTasks.Settings;
using OrleansTasks.Silo.Trust;

namespace OrleansTasks.Silo.Hosting;

/// <summary>The rules for the options of a standalone silo or gateway, by which a cluster loses nothing.</summary>
internal static class ClusterRules
{
    /// <summary>The default lease of workers in a cluster.</summary>
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The minimum lease in a cluster. No lease is renewed until a silo's death is noticed and its queues have a new
    /// owner, so a shorter lease would end tasks of healthy workers. That takes up to 9 s for a silent machine, 5 s
    /// until a queue is looked after, 3 s to load it, and a heartbeat every 2 s.
    /// </summary>
    internal static readonly TimeSpan ShortestLease = TimeSpan.FromSeconds(22);

    /// <summary>Throws <see cref="StartRefusedException"/> if options violate a rule.</summary>
    internal static void Check(ServiceOptions options)
    {
        if (options.Role == ServiceRole.Gateway)
            CheckGateway(options);
        else if (options.IsMember)
            CheckMember(options);
        else if (options.PeerPort > 0)
            throw Refusal("--peer-port requires --db: a silo connects only to silos that share its database.");
    }

    /// <summary>
    /// Throws <see cref="StartRefusedException"/> if a gateway could never connect, because it has no certificate.
    /// </summary>
    internal static void CheckCertificate(ServiceOptions options)
    {
        if (options.Database is not null || options.ClusterCert is not null)
            return;
        var rule = new ClusterTlsRule(options.ClusterTls);
        if (options.Silos.FirstOrDefault(rule.Covers) is { } silo)
            throw Refusal($"--silo {silo.Host}:{silo.Port}: {(options.ClusterTls is null ? "beyond loopback, " : "")}"
                + "silos admit only gateways with a certificate. Make one from the silos' store (otask cluster certificate "
                + "FILE --data DIR) and give --cluster-cert FILE; or give --cluster-tls off to the silos and their gateways.");
    }

    private static void CheckGateway(ServiceOptions options)
    {
        if (options.Database is not null && options.ClusterCert is not null)
            throw Refusal(
                "--cluster-cert: a gateway with --db makes a certificate for itself. Leave out one of the two.");
        if (options.Database is not null && (!options.Silos.IsEmpty || options.Cluster is not null))
            throw Refusal("--db: the database lists the silos and names their cluster. "
                + "Omit --silo and --cluster, or --db.");
    }

    private static void CheckMember(ServiceOptions options)
    {
        if (options.Listen!.Address.Equals(IPAddress.Any) || options.Listen.Address.Equals(IPAddress.IPv6Any))
            throw Refusal($"--listen {options.Listen}: other silos and gateways connect to this address. "
                + "Use an address of this machine.");
        if (options.PeerPort == options.Listen.Port && options.PeerPort != 0)
            throw Refusal($"--listen and --peer-port both use port {options.PeerPort}: give each its own port.");
        if (options.Lease < ShortestLease)
            throw Refusal($"--lease {Durations.Format(options.Lease)}: in a cluster, a lease must outlast the loss of "
                + $"a silo. Use at least {Durations.Format(ShortestLease)}.");
        if (!options.FileRoots.IsEmpty)
            throw Refusal("--file-root: in a cluster, any silo may read a job's files, and nothing proves that "
                + "the folder is the same on all silos. Omit it; jobs in a cluster read their items from ranges, inline "
                + "items or a task's output.");
    }

    private static StartRefusedException Refusal(string message) => new(message, StartRefusedException.BadOption);
}
