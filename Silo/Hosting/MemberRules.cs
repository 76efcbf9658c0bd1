using System.Net;
using OrleansTasks.Processing.Text;
using OrleansTasks.Settings;

namespace OrleansTasks.Silo.Hosting;

/// <summary>The rules for the options of a separate silo, by which a cluster loses nothing.</summary>
internal static class MemberRules
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
    internal static void Check(SiloHostOptions options)
    {
        if (options.IsMember)
            CheckMember(options);
        else if (options.PeerPort > 0)
            throw Refusal("--peer-port requires --db: a silo connects only to silos that share its database.");
    }

    private static void CheckMember(SiloHostOptions options)
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
