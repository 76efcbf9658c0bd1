using OrleansTasks.Cluster;

namespace OrleansTasks.Silo.Status;

/// <summary>Reads the state of Orleans: silos, activations and calls.</summary>
public interface IEngineWatch
{
    /// <summary>The engine now.</summary>
    Task<EngineStatus> Read();

    /// <summary>What every silo has counted since it started. Cheap: gateways ask once a second.</summary>
    Task<ImmutableArray<SiloFigures>> Figures();
}
