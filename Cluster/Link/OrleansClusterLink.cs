using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Messaging;
using OrleansTasks.Cluster.Status;
using OrleansTasks.Cluster.Tls;
using OrleansTasks.Storage.Postgres.Members;
using OrleansTasks.Storage.Trust;
using OrleansTasks.Telemetry;

namespace OrleansTasks.Cluster.Link;

/// <summary>Connects a gateway to silos in other processes with the Orleans client.</summary>
public static class OrleansClusterLink
{
    private static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    // How long another silo is preferred to one that could not be reached: each attempt over a broken network costs its time.
    private static readonly TimeSpan Avoidance = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Adds a grain factory that uses any of the silos. The host starts even if none is available; calls fail with
    /// <see cref="SiloUnavailableException"/> while none answers.
    /// </summary>
    public static IServiceCollection AddClusterLink(this IServiceCollection services, ClusterTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        OrleansCommon.AddClockWatch(services);
        if (target.Database is { } database)
        {
            services.AddMembers(database);
            services.AddHostedService<OrleansWireCheck>();
        }

        var others = services.Where(static service => service.ServiceType == typeof(IHostedService)).ToHashSet();
        OrleansCommon.CarryFaults(services);
        OrleansTime.Use(services);
        OrleansClusterTls.Add(services, target.Tls, provider => IdentityOf(target, provider));
        services.AddOrleansClient(client =>
        {
            Find(client, target);
            OrleansClusterTls.Use(client);
            client.Configure<GatewayOptions>(static o => o.GatewayListRefreshPeriod = RefreshPeriod);
            OrleansSockets.Use(client);
            client.Configure<ConnectionOptions>(static o => o.ConnectionRetryDelay = RetryDelay);
            client.Configure<ClientMessagingOptions>(static o => o.ResponseTimeout = TimeSpan.FromSeconds(30));
            client.AddDashboard(static o => o.HideTrace = true);
            if (OtlpExport.IsOn)
                client.AddActivityPropagation();
        });

        // The client would block the host's start until a silo answers, so the link starts it instead.
        var starts = services.Where(service => service.ServiceType == typeof(IHostedService) && !others.Contains(service)).ToArray();
        foreach (var start in starts)
            services.Remove(start);
        services.AddSingleton(provider => new OrleansLink(provider, starts, target.Text));
        services.AddSingleton<IClusterLink>(static provider => provider.GetRequiredService<OrleansLink>());
        services.AddSingleton<IClusterConnectionStatusObserver>(static provider => provider.GetRequiredService<OrleansLink>());
        services.AddSingleton<IOutgoingGrainCallFilter>(static provider => provider.GetRequiredService<OrleansLink>());
        services.AddSingleton<IClientConnectionRetryFilter>(static provider => provider.GetRequiredService<OrleansLink>());
        services.AddHostedService(static provider => provider.GetRequiredService<OrleansLink>());
        return services.AddSingleton<IEngineWatch, OrleansEngineWatch>();
    }

    private static ClusterIdentity IdentityOf(ClusterTarget target, IServiceProvider services)
    {
        var time = services.GetRequiredService<TimeProvider>();
        if (target.Certificate is { } file)
            return new FiledClusterIdentity(file, time);
        if (target.Database is null)
            return new NoClusterIdentity(time);
        var members = services.GetRequiredService<PostgresMembers>();
        return new IssuedClusterIdentity(
            ClusterRole.Gateway,
            async () => await members.GetAuthority() is { } row ? new CertificateAuthority(row) : null, time);
    }

    private static void Find(IClientBuilder client, ClusterTarget target)
    {
        if (target.Database is not null)
        {
            client.Services.NameByMembers();
            client.Services.AddSingleton<IGatewayListProvider>(static provider =>
                new OrleansMemberGateways(
                    provider.GetRequiredService<PostgresMembers>(), Avoidance, provider.GetRequiredService<ClockWatch>()));
            return;
        }

        client.Services.AddSingleton<IGatewayListProvider>(provider =>
            new NamedSilos(target.Silos, Avoidance, provider.GetRequiredService<ClockWatch>()));
        client.Configure<ClusterOptions>(options =>
        {
            OrleansCommon.NameCluster(options);
            options.ClusterId = target.Cluster ?? options.ClusterId;
        });
    }
}
