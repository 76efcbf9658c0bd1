using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Hosting;

/// <summary>Creates a worker's connections to its masters.</summary>
internal static class MasterConnections
{
    /// <summary>Short, because a worker can try other masters, and this one again.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Returns a connection to one master, which connects with its first call. Without an identity it is in clear text.
    /// </summary>
    internal static MasterConnection Open(Uri master, WorkerIdentity? identity) => new(new MasterChannelOptions
    {
        Address = identity is null ? master : Secured(master),
        ConnectTimeout = ConnectTimeout,
        Tls = identity is null ? null : Pinned.Tls(identity, TimeProvider.System, master.Authority),
    });

    /// <summary>Returns the same address with TLS.</summary>
    internal static Uri Secured(Uri master) => new UriBuilder(Uri.UriSchemeHttps, master.Host, master.Port).Uri;
}
