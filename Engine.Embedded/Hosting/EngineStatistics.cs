namespace OrleansTasks.Engine.Embedded;

/// <summary>What the engine does, at one moment.</summary>
/// <param name="Activations">Number of activations by grain type, of types that have any, ordered by name.</param>
/// <param name="Methods">Calls by method since the start, of methods that were called, ordered by name.</param>
public sealed record EngineStatistics(
    IReadOnlyDictionary<string, int> Activations, IReadOnlyList<MethodStatistics> Methods);
