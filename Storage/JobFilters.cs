using OrleansTasks.Jobs;

namespace OrleansTasks.Storage;

/// <summary>Matches jobs against a filter.</summary>
internal static class JobFilters
{
    /// <summary>Returns whether a job meets every condition of a filter.</summary>
    internal static bool Matches(this JobRow job, JobFilter filter) =>
        (filter.State is not { } state || job.State == state)
        && (filter.Queue is not { } queue || job.Queue == queue)
        && (filter.Name is not { } name || job.Name == name)
        && (filter.CreatedAfter is not { } after || job.Id.CreatedAt > after)
        && (filter.CreatedBefore is not { } before || job.Id.CreatedAt < before)
        && filter.Labels.All(job.Labels.Contains);
}
