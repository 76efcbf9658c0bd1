using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTasks.Silo.Trust;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>Lets remote workers connect to a silo.</summary>
public static class NodeEndpointServices
{
    /// <summary>
    /// Adds the endpoint; the silo must have been added before, so that it starts first and stops last. An <see
    /// cref="INodeGate"/> that is there already decides who may call; without one everybody may.
    /// </summary>
    public static IServiceCollection AddNodeEndpoint(this IServiceCollection services, NodeEndpointOptions options)
    {
        if (options.AsksForCertificates)
        {
            services.AddSingleton<NodeTrust>();
            services.AddSingleton<CertificateGate>();
            services.AddSingleton<INodeGate>(static provider => provider.GetRequiredService<CertificateGate>());
            AddTls(services);
        }

        services.TryAddSingleton<INodeGate, OpenGate>();
        services.AddSingleton(options);
        services.AddSingleton<NodeEndpoint>();
        services.AddHostedService(static provider => provider.GetRequiredService<NodeEndpoint>());
        return services;
    }

    /// <summary>
    /// What Kestrel's TLS takes from a host's services, for a host that is no web application: types of its own, which it adds to
    /// web applications alone.
    /// </summary>
    private static void AddTls(IServiceCollection services)
    {
        services.AddMetrics();
        var web = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        web.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration();
        foreach (var service in web.Services)
            if (service.ServiceType.Assembly == typeof(KestrelServer).Assembly)
                services.TryAdd(service);
    }
}
