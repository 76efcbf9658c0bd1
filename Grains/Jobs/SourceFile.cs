using OrleansTasks.Processing.Files;

namespace OrleansTasks.Jobs;

/// <summary>
/// The result of <see cref="ISourceFiles.Find"/>: the file that a job reads, or the reason why the job may not read it.
/// </summary>
/// <param name="Part">The whole file, with its current size; null when the job may not read the file.</param>
/// <param name="Refusal">The reason, as text for the caller; null when the job may read the file.</param>
public sealed record SourceFile(FilePart? Part, string? Refusal);
