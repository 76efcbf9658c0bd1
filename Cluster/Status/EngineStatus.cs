
namespace OrleansTasks.Cluster.Status;

/// <summary>A snapshot of the engine.</summary>
/// <param name="Name">The engine's name: <c>Orleans</c>.</param>
/// <param name="Version">The engine's version.</param>
/// <param name="Silos">The silos that the engine knows.</param>
/// <param name="Activations">The numbers of activations by grain type on all silos, ordered by name.</param>
/// <param name="Calls">Calls by grain method on all silos since they started, ordered by name.</param>
public sealed record EngineStatus(
    string Name,
    string Version,
    IReadOnlyList<SiloView> Silos,
    IReadOnlyList<KeyValuePair<string, long>> Activations,
    IReadOnlyList<CallFigure> Calls);
