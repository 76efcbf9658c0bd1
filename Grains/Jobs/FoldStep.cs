namespace OrleansTasks.Jobs;

/// <summary>
/// The result of <see cref="JobFold.Add"/>: what folding one ended chunk means for the job.
/// <see cref="JobCore.Fold"/> passes <paramref name="Evaluated"/> to <see cref="ChunkCutter.Note"/>,
/// which adapts the size of later chunks, and fails the job when there is a <paramref name="Failure"/>.
/// </summary>
/// <param name="Evaluated">
/// How much of the source the worker evaluated: bytes of a file, items of any other source, skipped items included.
/// 0 when the chunk failed or its report was unreadable, and for a reduction, which has no items.
/// </param>
/// <param name="Failure">
/// The stable code that the job fails with, such as <c>node-lost</c> or <c>too-many-groups</c>;
/// null when the job goes on.
/// </param>
internal readonly record struct FoldStep(long Evaluated, string? Failure);
