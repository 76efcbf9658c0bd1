namespace OrleansTasks.Silo.Status;

/// <summary>A silo in the engine's list.</summary>
/// <param name="Name">The silo's name.</param>
/// <param name="State">The silo's state in the engine's own word, such as <c>Active</c>.</param>
public sealed record SiloView(string Name, string State);
