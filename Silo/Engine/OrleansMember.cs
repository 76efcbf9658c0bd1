using System.Net;
using Orleans.Configuration;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Silo.Endpoint;

namespace OrleansTasks.Silo.Engine;

/// <summary>Makes a silo a member of a cluster, whose members are listed in the shared database.</summary>
internal static class OrleansMember
{
    /// <summary>Configures a silo to join the cluster of its database.</summary>
    internal static void Join(ISiloBuilder silo, SiloOptions options)
    {
        var listen = options.Listen!;
        var port = options.PeerPort > 0 ? options.PeerPort : QuietPort.Find(1, listen.Address)[0];
        silo.Services.AddMembers(options.Database!);
        silo.Services.NameByMembers();
        silo.Services.AddSingleton<IMembershipTable, OrleansMembershipTable>();
        silo.Configure<global::Orleans.Configuration.SiloOptions>(o => o.SiloName = $"{Environment.MachineName}:{listen.Port}");
        silo.Configure<EndpointOptions>(o =>
        {
            o.AdvertisedIPAddress = listen.Address;
            o.SiloPort = port;
            o.GatewayPort = listen.Port;
            o.SiloListeningEndpoint = new IPEndPoint(listen.Address, port);
            o.GatewayListeningEndpoint = listen;
        });
    }
}
