namespace OrleansTasks.Worker.Agent;

/// <summary>Another worker holds the node's name.</summary>
/// <param name="node">The name.</param>
public sealed class NameTakenException(string node) : Exception(
    $"The name '{node}' is in use by another worker. Choose another, or wait until that worker's lease lapses.");
