using System.Reflection;
using OrleansTasks.Engine.Embedded;
using OrleansTasks.Silo.Calls;
using OrleansTasks.Silo.Status;

namespace OrleansTasks.Silo.Engine;

/// <summary>The Embedded engine's figures: one silo, this process.</summary>
internal sealed class EmbeddedEngineWatch(EmbeddedEngine engine, CallFigures calls) : IEngineWatch
{
    /// <inheritdoc/>
    public bool HasDashboard => false;

    /// <inheritdoc/>
    public Task<EngineStatus> Read()
    {
        var figures = engine.Statistics;
        return Task.FromResult(new EngineStatus(
            EmbeddedTaskEngine.Name,
            typeof(EmbeddedEngine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            [new SiloView("silo", "Active")],
            [.. figures.Activations.Select(static type => KeyValuePair.Create(type.Key, (long)type.Value))],
            calls.Read()));
    }
}
