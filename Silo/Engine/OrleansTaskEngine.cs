using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Providers;
using Orleans.Runtime.Placement;
using Orleans.Serialization;
using OrleansTasks.Silo.Endpoint;
using OrleansTasks.Silo.Status;
using OrleansTasks.Telemetry;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Hosts the grains by Microsoft Orleans: one silo, which has its gateways in its own process or meets them at an address, or one of
/// several that share a database.
/// </summary>
public static class OrleansTaskEngine
{
    // The directory's cache keeps a place for each from the start, and the dashboard looks into every place once a second.
    // With Orleans' default of a million this took 0.4 % of a core. A silo that stands alone has all grains itself.
    private const int MostRemoteGrains = 100_000;
    private const int MostOwnGrains = 1_000;

    // Gateways read the list of silos every second, and do without a silo that leaves from then on. If it was gone
    // before, their calls to it would have no answer until they notice.
    private static readonly TimeSpan LeaveWait = TimeSpan.FromSeconds(1.5);

    private const string ClusterName = "orleanstasks";

    /// <summary>The engine's name, for people.</summary>
    public const string Name = "Orleans";

    /// <summary>Adds the engine with all grains and the stream provider for commands.</summary>
    public static IServiceCollection AddTaskEngine(this IServiceCollection services, SiloOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton<ISiloMembership, OrleansOwnMembership>();
        services.AddKeyedSingleton<IControllable, OrleansSiloFigures>(OrleansSiloFigures.Name);
        CarryFaults(services);
        if (options.IsMember)
        {
            services.AddMembers(options.Database!);
            // Before the silo, which is started by a service that is added later.
            services.AddHostedService<OrleansMemberSweep>();
            services.AddHostedService<OrleansSignsOfLife>();
            services.AddSingleton<IEngineWatch, OrleansEngineWatch>();
        }
        else
            services.AddSingleton<IEngineWatch, OrleansOwnWatch>();

        return services.AddOrleans(silo =>
        {
            if (options.IsMember)
            {
                OrleansMembers.Join(silo, options);
                silo.Configure<ClusterMembershipOptions>(Membership);
                silo.AddPlacementDirector<OrleansHomePlacement, OrleansHomeDirector>();
                silo.Services.AddSingleton<IPlacementStrategyResolver, OrleansHomeResolver>();
            }
            else
                StandAlone(silo, options);
            silo.Configure<GrainCollectionOptions>(static o => o.CollectionAge = TimeSpan.FromMinutes(15));
            silo.Configure<GrainDirectoryOptions>(o => o.CacheSize = options.IsMember ? MostRemoteGrains : MostOwnGrains);
            silo.Configure<StatelessWorkerOptions>(static o => o.IdleWorkersInspectionPeriod = TimeSpan.FromSeconds(5));
            silo.Configure<SiloMessagingOptions>(o =>
            {
                o.ResponseTimeout = TimeSpan.FromSeconds(30);
                // A silo that leaves has given its grains up by then, and still passes on the calls of gateways.
                o.WaitForMessageToBeQueuedForOutboundTime = options.IsMember ? LeaveWait : TimeSpan.Zero;
            });
            silo.AddCommandStreams(options.IsMember);
            if (OtlpExport.IsOn)
                silo.AddActivityPropagation();
            if (options.Dashboard)
                silo.AddDashboard(static o => o.HideTrace = true);
        });
    }

    /// <summary>
    /// Lets exceptions of every type travel, each as its type's name, its message and its cause. Otherwise Orleans cannot send an
    /// exception that is a library's or has one inside, and the caller gets an error about serializers in place of ours. A reader that
    /// does not know the type gets an <see cref="UnavailableExceptionFallbackException"/> with that name.
    /// </summary>
    internal static void CarryFaults(IServiceCollection services)
    {
        services.Configure<ExceptionSerializationOptions>(static options => options.SupportedExceptionTypeFilter = static _ => true);
        services.AddSingleton<ITypeFilter, ExceptionTypes>();
    }

    private static void StandAlone(ISiloBuilder silo, SiloOptions options)
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
    /// A killed silo is dead for the others after about 3 seconds, and a silent machine after 9: votes are held back for
    /// MaxProbeTimeout × NumMissedProbesLimit after a connection's last message. That is well within a cluster's lease.
    /// </summary>
    private static void Membership(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(1);
        options.MinProbeTimeout = TimeSpan.FromSeconds(0.5);
        options.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        options.NumMissedProbesLimit = 3;
        options.NumVotesForDeathDeclaration = 2;
        options.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        options.NumMissedTableIAmAliveLimit = 3;
        options.MaxJoinAttemptTime = TimeSpan.FromMinutes(2);
    }

    /// <summary>Allows the names of exception types in messages. Of other types it says nothing.</summary>
    private sealed class ExceptionTypes : ITypeFilter
    {
        public bool? IsTypeAllowed(Type type) => type.IsAssignableTo(typeof(Exception)) ? true : null;
    }
}
