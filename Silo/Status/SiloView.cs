namespace OrleansTasks.Silo.Status;

/// <summary>A silo, as the engine knows it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">Its state in the engine's own word, such as <c>Active</c>.</param>
public sealed record SiloView(string Name, string State);
