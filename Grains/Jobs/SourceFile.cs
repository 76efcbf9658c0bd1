using OrleansTasks.Processing.Files;

namespace OrleansTasks.Jobs;

/// <summary>A file that a job names.</summary>
/// <param name="Part">The file as it is now; null when the job may not have it.</param>
/// <param name="Refusal">Why not, in words for the caller.</param>
public sealed record SourceFile(FilePart? Part, string? Refusal);
