using OrleansTasks.Processing.Files;

namespace OrleansTasks.Worker.Files;

/// <summary>A file that a command finds in its working folder.</summary>
/// <param name="Path">Its path in the folder; see <see cref="Processing.Paths.FolderPath"/>.</param>
/// <param name="Name">The file's name.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="IsExecutable">Whether its owner may execute it.</param>
internal sealed record WorkerInput(string Path, FileName Name, long Size, bool IsExecutable);
