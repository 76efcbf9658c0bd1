
namespace OrleansTasks.Cluster.Status;

/// <summary>Reads the state of Orleans: silos, activations and calls.</summary>
public interface IEngineWatch
{
    /// <summary>Returns the engine's current status.</summary>
    Task<EngineStatus> Read();

    /// <summary>
    /// Returns what every silo has counted since it started. Cheap, because gateways ask once a second.
    /// </summary>
    Task<ImmutableArray<SiloFigures>> Figures();
}
