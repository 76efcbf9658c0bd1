using OrleansTasks.Processing.Files;

namespace OrleansTasks.Jobs;

/// <summary>
/// What stands at the path that a job's spec names: the file, or the reason why the job cannot read it. One of the two is null.
/// </summary>
/// <param name="Part">
/// The whole file as it is now: its path without links, its size and the time of its last write. Null when the job cannot read it.
/// </param>
/// <param name="Refusal">
/// What is wrong with the path, for the caller, such as "is not under a folder …"; also when there is no such file. Null when the job
/// can read it.
/// </param>
public sealed record SourceFile(FilePart? Part, string? Refusal);
