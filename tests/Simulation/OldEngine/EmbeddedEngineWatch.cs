using System.Collections.Immutable;
using System.Reflection;
using OrleansTasks.Cluster;
using OrleansTasks.Engine.Embedded;
using OrleansTasks.Silo.Calls;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Engine;

/// <summary>The Embedded engine's figures: one silo, this process.</summary>
internal sealed class EmbeddedEngineWatch(EmbeddedEngine engine, CallFigures calls, OwnFigures own) : IEngineWatch
{
    private const string SiloName = "silo";

    /// <inheritdoc/>
    public Task<EngineStatus> Read()
    {
        var figures = engine.Statistics;
        return Task.FromResult(new EngineStatus(
            EmbeddedTaskEngine.Name,
            typeof(EmbeddedEngine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            [new SiloView(SiloName, "Active")],
            [.. figures.Activations.Select(static type => KeyValuePair.Create(type.Key, (long)type.Value))],
            calls.Read()));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<SiloFigures>> Figures() =>
        Task.FromResult<ImmutableArray<SiloFigures>>([own.Read(SiloName)]);
}
