using OrleansTasks.Worker.Link;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Hosting;

/// <summary>Makes a worker's connections to its masters.</summary>
internal static class MasterConnections
{
    /// <summary>Short: a worker has other masters to try, and tries this one again.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3);

    /// <summary>A connection to one master; it is made with the first call. Without an identity it is in clear text.</summary>
    internal static MasterConnection Open(Uri master, WorkerIdentity? identity) => new(new MasterChannelOptions
    {
        Address = identity is null ? master : Secured(master),
        ConnectTimeout = ConnectTimeout,
        Tls = identity is null ? null : Pinned.Tls(identity, TimeProvider.System, master.Authority),
    });

    /// <summary>The same place, over TLS.</summary>
    internal static Uri Secured(Uri master) => new UriBuilder(Uri.UriSchemeHttps, master.Host, master.Port).Uri;
}
