namespace OrleansTasks.Jobs;

/// <summary>
/// The effect of folding a chunk: how much of the source its worker evaluated (in bytes for a file, otherwise in items,
/// including skipped ones; 0 for failures and reductions), and the stable code with which the job fails, or null.
/// </summary>
internal readonly record struct FoldStep(long Evaluated, string? Failure);
