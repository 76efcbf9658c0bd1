using System.Net;
using OrleansTasks.Listening;
using OrleansTasks.Logs;
using OrleansTasks.Tasks;

namespace OrleansTasks.Cluster.Startup;

/// <summary>
/// The options that gateways and silos have in common. Each value is valid by itself, but not every combination is.
/// </summary>
public record ServiceOptions
{
    /// <summary>
    /// The connection string of the PostgreSQL database that is the store; null if the store is in the data folder.
    /// </summary>
    public string? Database { get; init; }

    /// <summary>
    /// Whether callers and workers on this machine need keys and certificates like those on other machines. Always true
    /// if tasks run as another user, because they are strangers here.
    /// </summary>
    public bool RequiresKeys { get; init; }

    /// <summary>
    /// Whether connections between silos, and between gateways and silos, use TLS; null for those to silos beyond
    /// loopback.
    /// </summary>
    public bool? ClusterTls { get; init; }

    /// <summary>How the program writes its log.</summary>
    public LogFormat LogFormat { get; init; }

    /// <summary>Returns whether anyone who can connect to an address may do everything there.</summary>
    public bool IsOpen(IPEndPoint address) => !RequiresKeys && ListenAddress.IsLoopback(address);

    /// <summary>How tasks are isolated that do not say it.</summary>
    public Isolation Isolation { get; init; }
}
