namespace OrleansTasks.Jobs;

/// <summary>The outcome of folding an ended chunk.</summary>
/// <param name="Evaluated">
/// How much of the source was evaluated, for the size of later chunks: bytes of a file, items of any other source; 0 when the chunk failed.
/// </param>
/// <param name="Failure">The stable code of the failure that the job fails with; null when the job goes on.</param>
internal readonly record struct FoldStep(long Evaluated, string? Failure);
