using OrleansTasks.Processing.Files;

namespace OrleansTasks.Jobs;

/// <summary>
/// The result of <see cref="ISourceFiles.Find"/>: the file that a new job reads its items from, or the reason why the
/// job may not read it. Exactly one of the two values is null. The job's grain asks for the file when it creates the
/// job; with a refusal it does not create the job.
/// </summary>
/// <param name="Part">
/// The whole file, as it is when the job is created: its path without links, its size and the time of its last write.
/// The job stores all three and gives them to its workers: a chunk fails when size or time have changed since.
/// </param>
/// <param name="Refusal">
/// What is wrong with the path, also when no such file exists. Users see the text after the name of the spec's field,
/// so it begins with a verb, such as "is not under a folder …".
/// </param>
public sealed record SourceFile(FilePart? Part, string? Refusal);
