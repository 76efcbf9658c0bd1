using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using OrleansTasks.Storage.Postgres.Members;

namespace OrleansTasks.Cluster.Link;

/// <summary>Reads a cluster's members and its name from the shared database.</summary>
public static class OrleansMembers
{
    /// <summary>Adds the list of members, which is opened on first use.</summary>
    public static void AddMembers(this IServiceCollection services, string database) =>
        // A container's factory cannot be asynchronous. Opening on the thread pool cannot deadlock, because nothing
        // there needs the blocked thread.
        services.TryAddSingleton(_ => Task.Run(() => PostgresMembers.Open(database)).GetAwaiter().GetResult());

    /// <summary>
    /// Takes the cluster's name from its database, so that silos and gateways of another cluster are refused.
    /// </summary>
    public static void NameByMembers(this IServiceCollection services) =>
        services.AddOptions<ClusterOptions>().Configure<PostgresMembers>(static (options, members) =>
        {
            OrleansCommon.NameCluster(options);
            options.ClusterId = members.Cluster;
        });
}
