using Microsoft.Extensions.DependencyInjection;
using OrleansTasks.Engine.Embedded;
using OrleansTasks.Nodes;
using OrleansTasks.Silo.Status;
using OrleansTasks.Storage;

namespace OrleansTasks.Silo.Engine;

/// <summary>Hosts the grains by the Embedded engine: one process, no network.</summary>
public static class EmbeddedTaskEngine
{
    /// <summary>The engine's name, for people.</summary>
    public const string Name = "Embedded";

    /// <summary>Adds the engine with all grains and the stream provider for commands.</summary>
    public static IServiceCollection AddTaskEngine(this IServiceCollection services, SiloOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        services.AddSingleton<IEngineWatch, EmbeddedEngineWatch>();
        services.AddSingleton<ISiloMembership, EmbeddedMembership>();
        return services.AddEmbeddedEngine(static engine =>
        {
            engine.GrainAssemblies.Add(typeof(ITaskStore).Assembly);
            engine.StreamProviders.Add(CommandStream.Provider);
        });
    }
}
