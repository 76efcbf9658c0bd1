namespace OrleansTasks.Worker.Agent;

/// <summary>Another worker has this node's name.</summary>
/// <param name="node">The node's name.</param>
public sealed class NameTakenException(string node) : Exception(
    $"The name '{node}' is in use by another worker. Choose another name, or wait until that worker's lease ends.");
