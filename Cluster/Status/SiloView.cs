namespace OrleansTasks.Cluster.Status;

/// <summary>A silo in the engine's list.</summary>
/// <param name="Name">The silo's name.</param>
/// <param name="State">The silo's state in the engine's own word, such as <c>Active</c>.</param>
/// <param name="Version">The version of the silo's program; null if the silo does not state it.</param>
/// <param name="WireLevel">The silo's wire level; null if the silo does not state it.</param>
/// <param name="Queues">
/// The queues that the silo owns, the first 200 by name; null if the silo does not state them.
/// </param>
/// <param name="QueueCount">How many queues the silo owns.</param>
public sealed record SiloView(
    string Name, string State, string? Version, int? WireLevel, IReadOnlyList<string>? Queues, int QueueCount);
