namespace OrleansTasks.Jobs;

/// <summary>How jobs behave.</summary>
public sealed class JobOptions
{
    /// <summary>The most bytes of results that a job may collect; with more it fails. 1 GiB by default.</summary>
    public long CollectQuota { get; set; } = 1L << 30;
}
