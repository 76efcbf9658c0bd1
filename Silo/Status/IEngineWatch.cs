using System.Collections.Immutable;
using OrleansTasks.Cluster;

namespace OrleansTasks.Silo.Status;

/// <summary>Asks the engine how it is; each engine has its own.</summary>
public interface IEngineWatch
{
    /// <summary>Whether the engine has a dashboard of its own, which the gateway serves.</summary>
    bool HasDashboard { get; }

    /// <summary>The engine now.</summary>
    Task<EngineStatus> Read();

    /// <summary>What every silo has counted since it started. Cheap: gateways ask once a second.</summary>
    Task<ImmutableArray<SiloFigures>> Figures();
}
