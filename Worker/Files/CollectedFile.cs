using OrleansTasks.Processing.Files;

namespace OrleansTasks.Worker.Files;

/// <summary>A file of a working folder whose bytes were collected.</summary>
/// <param name="Path">Its path in the folder.</param>
/// <param name="Name">The name of its bytes.</param>
/// <param name="Size">How many bytes it has.</param>
/// <param name="IsExecutable">Whether its owner might execute it.</param>
/// <param name="Offset">Where its bytes begin among the collected ones.</param>
internal sealed record CollectedFile(string Path, FileName Name, long Size, bool IsExecutable, long Offset);
