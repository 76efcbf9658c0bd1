namespace OrleansTasks.Jobs;

/// <summary>
/// Effect of folding a chunk: how much of the source its worker evaluated (in bytes of a file, else items, skipped ones
/// included; 0 for failures and reductions), and the stable code with which the job fails, or null.
/// </summary>
internal readonly record struct FoldStep(long Evaluated, string? Failure);
