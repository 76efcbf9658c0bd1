using System.Net;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using OrleansTasks.Silo.Endpoint;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Silo.Engine;

/// <summary>Makes a silo a member of a cluster, whose members are listed in the shared database.</summary>
internal static class OrleansMembers
{
    /// <summary>Adds the list of members, which is opened on first use.</summary>
    internal static void AddMembers(this IServiceCollection services, string database) =>
        // A container's factory cannot be asynchronous. Opening on the thread pool cannot deadlock, because nothing
        // there needs the blocked thread.
        services.TryAddSingleton(_ => Task.Run(() => PostgresMembers.Open(database)).GetAwaiter().GetResult());

    /// <summary>
    /// Takes the cluster's name from its database, so that silos and gateways of another cluster are refused.
    /// </summary>
    internal static void NameByMembers(this IServiceCollection services) =>
        services.AddOptions<ClusterOptions>().Configure<PostgresMembers>(static (options, members) =>
        {
            OrleansTaskEngine.NameCluster(options);
            options.ClusterId = members.Cluster;
        });

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
