namespace OrleansTasks.Jobs;

/// <summary>The bounds of jobs, the same for all jobs of a silo. The defaults apply where a host registers none.</summary>
public sealed class JobOptions
{
    /// <summary>
    /// The most bytes of results that a job may collect; with more it fails. A job may collect somewhat more before that is
    /// noticed. 1 GiB by default.
    /// </summary>
    public long CollectQuota { get; set; } = 1L << 30;
}
