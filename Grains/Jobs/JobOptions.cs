namespace OrleansTasks.Jobs;

/// <summary>
/// Limits of a silo's jobs. A host changes them by registering an instance as a singleton; each job's grain reads it when
/// it activates.
/// </summary>
public sealed class JobOptions
{
    /// <summary>
    /// Limit on the stored results of a job's <c>collect</c> aggregate, in bytes: 1 GiB by default; 0 allows no
    /// results. Beyond it, the job fails with <c>results-too-large</c> and keeps its results. The check runs at most
    /// once a second, so a job may exceed the limit for a while, or end above it.
    /// </summary>
    public long CollectQuota { get; set; } = ServiceLimits.CollectedBytes;
}
