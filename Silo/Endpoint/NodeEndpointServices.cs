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
        }

        services.TryAddSingleton<INodeGate, OpenGate>();
        services.AddSingleton(options);
        services.AddSingleton<NodeEndpoint>();
        services.AddHostedService(static provider => provider.GetRequiredService<NodeEndpoint>());
        return services;
    }
}
