using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTasks.Silo.Trust;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>Lets remote workers connect to a silo.</summary>
public static class NodeEndpointServices
{
    /// <summary>
    /// Adds the endpoint. Add the silo first, so that it starts before the endpoint and stops after it. An
    /// <see cref="INodeGate"/> that is already registered decides which callers may call; without one, everyone may.
    /// An endpoint that asks for certificates needs an <see cref="INodeSessions"/>, which the silo has.
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
