namespace OrleansTasks.Jobs;

/// <summary>
/// Limits that apply to every job of a silo. A host registers an instance as a singleton service to change the
/// defaults; a job's grain reads the instance when the grain is activated.
/// </summary>
public sealed class JobOptions
{
    /// <summary>
    /// The maximum number of bytes that a job may have in the store as results of its <c>collect</c> aggregate; other
    /// aggregates do not count. 1 GiB by default; 0 allows no results. A job that is found above the limit fails with
    /// the reason <c>results-too-large</c> and keeps what it has collected. The size is looked at once a second at most
    /// while the job runs, so a job may exceed the limit before it fails, and a job that ends before the next look
    /// succeeds above the limit.
    /// </summary>
    public long CollectQuota { get; set; } = ServiceLimits.CollectedBytes;
}
