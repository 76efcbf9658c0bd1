using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.TestingHost;

namespace OrleansTasks.Engine.Tests;

/// <summary>The suite's host on Orleans: a cluster of two silos in this process, and a client.</summary>
internal sealed class OrleansConformanceHost(InProcessTestCluster cluster) : IConformanceHost
{
    public IClusterClient Client => cluster.Client;

    public Task CollectIdleAsync(TimeSpan age) =>
        cluster.Client.GetGrain<IManagementGrain>(0).ForceActivationCollection(age);

    public async Task KillHostOfAsync(IAddressable grain)
    {
        var address = await cluster.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        var silo = cluster.GetSiloForAddress(address!)!;
        await cluster.KillSiloAsync(silo);
    }

    public Task StopAsync() => cluster.StopAllSilosAsync();

    public ValueTask DisposeAsync() => cluster.DisposeAsync();
}

/// <summary>Starts hosts of the engine that the suite is built for.</summary>
internal static class ConformanceHosts
{
    public static async Task<IConformanceHost> StartAsync()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureHost(host => host.Logging.SetMinimumLevel(LogLevel.Error));
        builder.ConfigureSilo((_, silo) =>
        {
            ConformanceServices.Add(silo.Services);
            silo.Configure<ClusterMembershipOptions>(o =>
            {
                o.ProbeTimeout = TimeSpan.FromMilliseconds(500);
                o.NumMissedProbesLimit = 2;
                o.NumVotesForDeathDeclaration = 1;
                o.TableRefreshTimeout = TimeSpan.FromSeconds(1);
            });
            silo.AddMemoryStreams(IConformanceHost.Streams, s =>
            {
                s.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
                s.ConfigurePullingAgent(a => a.Configure(o => o.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(5)));
                s.ConfigurePartitioning(2);
            });
        });
        builder.ConfigureClient(client => client.AddMemoryStreams(IConformanceHost.Streams, s =>
        {
            s.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            s.ConfigurePartitioning(2);
        }));
        builder.ConfigureClientHost(host => ConformanceServices.AddToClient(host.Services));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new OrleansConformanceHost(cluster);
    }
}
