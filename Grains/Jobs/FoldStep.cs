namespace OrleansTasks.Jobs;

/// <summary>
/// The result of <see cref="JobFold.Add"/>: what folding one ended chunk (adding its results to the job's) means for
/// the job. A chunk that was folded before has no step. <see cref="JobCore.Fold"/> takes the step: it has
/// <see cref="ChunkCutter.Note"/> adapt the size of later chunks by <paramref name="Evaluated"/>, and fails the job
/// when there is a <paramref name="Failure"/>.
/// </summary>
/// <param name="Evaluated">
/// How much of the source the worker evaluated: bytes of a file, items of any other source, skipped items included.
/// 0 when the chunk failed or its report was unreadable, and for a reduction, which combines results and has no items.
/// </param>
/// <param name="Failure">
/// The stable code that the job fails with, such as <c>node-lost</c> or <c>too-many-groups</c>;
/// null when the job goes on.
/// </param>
internal readonly record struct FoldStep(long Evaluated, string? Failure);
