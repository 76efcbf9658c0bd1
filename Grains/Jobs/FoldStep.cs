namespace OrleansTasks.Jobs;

/// <summary>What folding an ended chunk came to.</summary>
/// <param name="Evaluated">How many items it has that were evaluated; 0 when the chunk failed.</param>
/// <param name="Failure">Why the job fails by it, a stable word; null when it goes on.</param>
internal readonly record struct FoldStep(long Evaluated, string? Failure);
