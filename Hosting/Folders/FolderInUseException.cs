namespace OrleansTasks.Folders;

/// <summary>The data folder belongs to another live process.</summary>
/// <param name="folder">The folder.</param>
/// <param name="owner">The owner in readable form, for example <c>process 12</c>.</param>
public sealed class FolderInUseException(string folder, string owner)
    : Exception($"The folder {folder} is in use by {owner}. Stop that process, or choose another folder.");
