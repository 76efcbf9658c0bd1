namespace OrleansTasks.Worker.Agent;

/// <summary>A data folder belongs to another process that lives.</summary>
/// <param name="folder">The folder.</param>
/// <param name="owner">Whose it is, for people: <c>process 12</c>.</param>
public sealed class FolderInUseException(string folder, string owner)
    : Exception($"The folder {folder} is in use by {owner}. Stop it, or give another folder.");
