using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Messaging;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Engine;

/// <summary>Joins a gateway to silos elsewhere by the Orleans client.</summary>
public static class OrleansClusterLink
{
    private static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Adds the grain factory of the silos at these addresses, any of which will do. The host starts without them; calls
    /// fail with <see cref="SiloUnavailableException"/> while none answers.
    /// </summary>
    public static IServiceCollection AddClusterLink(this IServiceCollection services, IReadOnlyList<DnsEndPoint> silos)
    {
        ArgumentNullException.ThrowIfNull(silos);
        var others = services.Where(static service => service.ServiceType == typeof(IHostedService)).ToHashSet();
        services.AddOrleansClient(client =>
        {
            client.Services.AddSingleton<IGatewayListProvider>(new NamedSilos(silos, RefreshPeriod));
            client.Configure<ClusterOptions>(OrleansTaskEngine.NameCluster);
            client.Configure<GatewayOptions>(static o => o.GatewayListRefreshPeriod = RefreshPeriod);
            client.Configure<ConnectionOptions>(static o => o.ConnectionRetryDelay = RetryDelay);
            client.Configure<ClientMessagingOptions>(static o => o.ResponseTimeout = TimeSpan.FromSeconds(30));
            client.AddDashboard(static o => o.HideTrace = true);
        });

        // The client would hold the host's start up until a silo answers; the link starts it instead.
        var starts = services.Where(service => service.ServiceType == typeof(IHostedService) && !others.Contains(service)).ToArray();
        foreach (var start in starts)
            services.Remove(start);
        services.AddSingleton(provider => new OrleansLink(provider, starts, string.Join(", ", silos.Select(Text))));
        services.AddSingleton<IClusterLink>(static provider => provider.GetRequiredService<OrleansLink>());
        services.AddSingleton<IClusterConnectionStatusObserver>(static provider => provider.GetRequiredService<OrleansLink>());
        services.AddSingleton<IOutgoingGrainCallFilter>(static provider => provider.GetRequiredService<OrleansLink>());
        services.AddSingleton<IClientConnectionRetryFilter>(static provider => provider.GetRequiredService<OrleansLink>());
        services.AddHostedService(static provider => provider.GetRequiredService<OrleansLink>());
        return services.AddSingleton<IEngineWatch, OrleansEngineWatch>();
    }

    private static string Text(DnsEndPoint silo) => $"{silo.Host}:{silo.Port}";
}
