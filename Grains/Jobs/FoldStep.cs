namespace OrleansTasks.Jobs;

/// <summary>
/// The effect of folding a chunk: how much of the source the chunk covered, and the stable code with which the job
/// fails, or null. For a file these are the bytes of its span, otherwise items, including skipped ones; 0 if its report
/// cannot be used, and for a reduction, a chunk without items that combines parts of an aggregate.
/// </summary>
internal readonly record struct FoldStep(long Evaluated, string? Failure);
