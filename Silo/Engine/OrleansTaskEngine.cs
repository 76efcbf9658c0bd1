using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;
using Orleans.Providers;
using Orleans.Runtime.Placement;
using OrleansTasks.Cluster;
using OrleansTasks.Cluster.Link;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Cluster.Tls;
using OrleansTasks.Silo.Calls;
using OrleansTasks.Silo.Endpoint;
using OrleansTasks.Silo.Status;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Trust;
using OrleansTasks.Telemetry;

namespace OrleansTasks.Silo.Engine;

/// <summary>
/// Hosts the grains with Microsoft Orleans: either as a single silo, whose gateways are in its own process or connect
/// to it, or as one of several silos that share a database.
/// </summary>
public static class OrleansTaskEngine
{
    // Sizes of the directory's cache. The cache allocates all entries at its start, and the dashboard, once it has started, scans
    // them every second: with Orleans' default of a million, that took 0.4 % of a core. A lone silo hosts all grains itself.
    private const int MostRemoteGrains = 100_000;
    private const int MostOwnGrains = 1_000;

    // How long a leaving silo waits for gateways, which refresh their list of silos every second, to stop using it.
    // Calls sent to a silo that is already gone would get no answer until the gateway notices.
    private static readonly TimeSpan LeaveWait = TimeSpan.FromSeconds(1.5);

    // How long a silo that ends tries each time to say so in the database. Orleans takes MaxJoinAttemptTime for that too, which
    // without the database would outlast the time that a service manager gives a service to end.
    private static readonly TimeSpan LeaveLimit = TimeSpan.FromSeconds(5);

    /// <summary>Adds the engine with all grains and the stream provider for commands.</summary>
    public static IServiceCollection AddTaskEngine(this IServiceCollection services, SiloOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton<OrleansOwnMembership>();
        services.AddSingleton<ISiloMembership>(static provider => provider.GetRequiredService<OrleansOwnMembership>());
        services.AddSingleton<IPeerSilos>(static provider => provider.GetRequiredService<OrleansOwnMembership>());
        services.AddKeyedSingleton<IControllable>(SiloFigureProvider.Name, static (provider, _) => new SiloFigureProvider(
            provider.GetRequiredService<OwnFigures>().Read, provider.GetRequiredService<ILocalSiloDetails>()));
        services.AddKeyedSingleton<IControllable, OrleansSiloFigures>(SiloFigureProvider.Name);
        OrleansCommon.CarryFaults(services);
        OrleansTime.Use(services);
        OrleansCommon.AddClockWatch(services);
        if (options.IsMember)
        {
            services.AddMembers(options.Database!);
            // These start before the silo, whose hosted service is added later.
            services.AddHostedService<OrleansMemberSweep>();
            services.AddHostedService<OrleansWireCheck>();
            services.AddHostedService<OrleansClusterProbe>();
            services.AddHostedService<OrleansSignsOfLife>();
            services.AddHostedService<OrleansDeathWatch>();
            services.AddKeyedSingleton<IControllable, OrleansDatabaseNotice>(OrleansDatabaseNotice.Name);
            services.AddSingleton<IEngineWatch, OrleansEngineWatch>();
        }
        else
            services.AddSingleton<IEngineWatch, OrleansOwnWatch>();

        if (options.Listen is not null)
            OrleansClusterTls.Add(services, options.ClusterTls, static provider => IdentityOf(
                provider.GetRequiredService<ITrustStore>(), provider.GetRequiredService<TimeProvider>()));
        return services.AddOrleans(silo =>
        {
            if (options.Listen is not null)
            {
                OrleansClusterTls.Use(silo);
                OrleansSockets.Use(silo);
            }

            if (options.IsMember)
            {
                OrleansMember.Join(silo, options);
                silo.Configure<ClusterMembershipOptions>(Membership);
                silo.Services.AddOptions<ClusterMembershipOptions>().Configure<IHostApplicationLifetime>(static (o, life) =>
                    life.ApplicationStopping.Register(() => o.MaxJoinAttemptTime = LeaveLimit));
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
                // By then, a leaving silo has deactivated its grains but still forwards the calls of gateways.
                o.WaitForMessageToBeQueuedForOutboundTime = options.IsMember ? LeaveWait : TimeSpan.Zero;
            });
            silo.AddCommandStreams(options.IsMember);
            if (OtlpExport.IsOn)
                silo.AddActivityPropagation();
            if (options.Dashboard)
                OrleansLazyDashboard.Add(silo);
        });
    }

    private static IssuedClusterIdentity IdentityOf(ITrustStore store, TimeProvider time) =>
        new(ClusterRole.Silo, async () => await CertificateAuthority.Open(store, time.GetUtcNow()), time);

    private static void StandAlone(ISiloBuilder silo, SiloOptions options)
    {
        var ports = QuietPort.Find(2);
        silo.UseLocalhostClustering(ports[0], options.Listen?.Port ?? ports[1]);
        silo.Configure<ClusterOptions>(OrleansCommon.NameCluster);
        silo.Configure<SiloConnectionOptions>(connections =>
        {
            // There is no other silo, and no gateway elsewhere unless an address is given. Open ports would admit any
            // process on this machine.
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

    /// <summary>
    /// Sets the failure detection for what <see cref="OrleansDeathWatch"/> does not see: a machine that falls silent is
    /// declared dead after about 9 seconds, because votes are held back for MaxProbeTimeout × NumMissedProbesLimit
    /// after a connection's last message. This is well within a cluster's lease.
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
}
