using Microsoft.Extensions.DependencyInjection.Extensions;
using OrleansTasks.Lifetime;

namespace OrleansTasks.Cluster.Startup;

/// <summary>Registers what every process of the service needs.</summary>
public static class ServiceProcess
{
    /// <summary>Adds the clock, the process's phases and signals, and what watches the process and its database.</summary>
    public static void Add(IServiceCollection services, ServiceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ServiceState>();
        services.AddSingleton<IHostLifetime, SignalLifetime>();
        services.AddHostedService<IdleCollector>();
        if (options.Database is { } database)
            services.AddHostedService(provider =>
                new DatabaseLinkNotice(database, provider.GetRequiredService<ILogger<DatabaseLinkNotice>>()));
    }
}
