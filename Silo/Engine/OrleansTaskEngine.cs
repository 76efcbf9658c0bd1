using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Providers;
using Orleans.Streams;
using OrleansTasks.Nodes;
using OrleansTasks.Silo.Endpoint;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Hosts the grains by Microsoft Orleans: one silo, which has its gateways in its own process or meets them at an address.
/// </summary>
public static class OrleansTaskEngine
{
    private const int StreamQueues = 2;
    private static readonly TimeSpan StreamPolling = TimeSpan.FromMilliseconds(5);

    private const string ClusterName = "orleanstasks";

    /// <summary>The engine's name, for people.</summary>
    public const string Name = "Orleans";

    /// <summary>Adds the engine with all grains and the stream provider for commands.</summary>
    public static IServiceCollection AddTaskEngine(this IServiceCollection services, SiloOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton<IEngineWatch, OrleansEngineWatch>();
        services.AddKeyedSingleton<IControllable, OrleansSiloFigures>(OrleansSiloFigures.Name);
        return services.AddOrleans(silo =>
        {
            var ports = QuietPort.Find(2);
            silo.UseLocalhostClustering(ports[0], options.Listen?.Port ?? ports[1]);
            silo.Configure<ClusterOptions>(NameCluster);
            silo.Configure<SiloConnectionOptions>(connections =>
            {
                // There is one silo, and without an address for gateways nobody else: these ports would let in whoever is on this machine.
                connections.ConfigureSiloInboundConnection(RefuseAll);
                if (options.Listen is null)
                    connections.ConfigureGatewayInboundConnection(RefuseAll);
            });
            if (options.Listen is { } listen)
                silo.Configure<EndpointOptions>(o => o.GatewayListeningEndpoint = listen);
            silo.Configure<ClusterMembershipOptions>(Membership);
            silo.Configure<GrainCollectionOptions>(static o => o.CollectionAge = TimeSpan.FromMinutes(15));
            silo.Configure<SiloMessagingOptions>(static o => o.ResponseTimeout = TimeSpan.FromSeconds(30));
            silo.AddMemoryStreams(CommandStream.Provider, static streams =>
            {
                streams.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
                streams.ConfigurePullingAgent(
                    static agent => agent.Configure(static o => o.GetQueueMsgsTimerPeriod = StreamPolling));
                streams.ConfigurePartitioning(StreamQueues);
            });
            if (options.Dashboard)
                silo.AddDashboard(static o => o.HideTrace = true);
        });
    }

    private static void RefuseAll(IConnectionBuilder connections) => connections.Use(static _ => static connection =>
    {
        connection.Abort();
        return Task.CompletedTask;
    });

    /// <summary>Silos and gateways find each other only under the same name.</summary>
    internal static void NameCluster(ClusterOptions options)
    {
        options.ClusterId = ClusterName;
        options.ServiceId = ClusterName;
    }

    /// <summary>
    /// A crashed silo is dead for the others in 3 to 6 seconds, well within a lease; see the lease's validator.
    /// </summary>
    private static void Membership(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(1);
        options.NumMissedProbesLimit = 3;
        options.NumVotesForDeathDeclaration = 2;
        options.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        options.NumMissedTableIAmAliveLimit = 3;
        options.MaxJoinAttemptTime = TimeSpan.FromMinutes(2);
    }
}
