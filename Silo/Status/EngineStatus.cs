using OrleansTasks.Cluster;

namespace OrleansTasks.Silo.Status;

/// <summary>The engine at one moment.</summary>
/// <param name="Name">Its name: <c>Orleans</c>.</param>
/// <param name="Version">Its version.</param>
/// <param name="Silos">The silos that it knows.</param>
/// <param name="Activations">How many activations there are by grain type, of all silos, by name.</param>
/// <param name="Calls">Calls by grain method since the silos started, of all silos, by name.</param>
public sealed record EngineStatus(
    string Name,
    string Version,
    IReadOnlyList<SiloView> Silos,
    IReadOnlyList<KeyValuePair<string, long>> Activations,
    IReadOnlyList<CallFigure> Calls);
