using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using Orleans.Streams;

namespace OrleansTasks.Engine.Embedded;

/// <summary>Puts the engine into a host.</summary>
public static class EmbeddedEngineExtensions
{
    /// <summary>
    /// Adds the engine: <see cref="IGrainFactory"/>, <see cref="IClusterClient"/>, <see cref="EmbeddedEngine"/>, stream
    /// providers by name, and a hosted service that starts it and ends it in order. Time comes from the host's
    /// <see cref="TimeProvider"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets at least the grain assemblies.</param>
    /// <returns>The services.</returns>
    public static IServiceCollection AddEmbeddedEngine(
        this IServiceCollection services, Action<EmbeddedEngineOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<EmbeddedEngineOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<EmbeddedEngineOptions>, EmbeddedEngineOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IExecutor, PoolExecutor>();
        services.TryAddSingleton<IGrainDirectory, LocalDirectory>();
        services.TryAddSingleton<INetwork, DirectNetwork>();
        services.TryAddSingleton<EmbeddedSilo>();
        services.TryAddSingleton<EmbeddedEngine>();
        services.TryAddSingleton<IClusterClient>(p => p.GetRequiredService<EmbeddedSilo>().References);
        services.TryAddSingleton<IGrainFactory>(p => p.GetRequiredService<EmbeddedSilo>().References);
        services.TryAddScoped<IGrainContext>(_ => Activation.Constructing
            ?? throw new InvalidOperationException("IGrainContext is given to constructors of grains only."));
        services.TryAddSingleton<EngineInstruments>();
        services.AddMetrics();
        services.TryAddKeyedSingleton<IStreamProvider>(KeyedService.AnyKey, NewStreamProvider);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, EngineHostedService>());
        return services;
    }

    private static EmbeddedStreamProvider NewStreamProvider(IServiceProvider services, object? name)
    {
        var silo = services.GetRequiredService<EmbeddedSilo>();
        return name is string text && silo.Options.StreamProviders.Contains(text)
            ? new EmbeddedStreamProvider(silo, text)
            : throw new KeyNotFoundException($"There is no stream provider '{name}'.");
    }
}
