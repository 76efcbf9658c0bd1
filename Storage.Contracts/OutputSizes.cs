namespace OrleansTasks.Storage;

/// <summary>
/// How much of an attempt's output was kept, which shows where in the tail the standard error begins.
/// </summary>
/// <param name="Stdout">Kept bytes of standard output.</param>
/// <param name="Stderr">Kept bytes of standard error.</param>
/// <param name="IsTruncated">Whether a stream wrote more than was kept.</param>
public readonly record struct OutputSizes(long Stdout, long Stderr, bool IsTruncated);
