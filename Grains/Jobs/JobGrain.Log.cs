using Microsoft.Extensions.Logging;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

public sealed partial class JobGrain
{
    /// <summary>Logged before an open job continues: the silo's upkeep activates its grain within seconds.</summary>
    [LoggerMessage(300, LogLevel.Warning, "The activation of job {Job} failed and is deactivating; the next call "
        + "reads the job from the store")]
    private partial void LogActivationFailed(TaskId job, Exception cause);

    /// <summary>Logged before the job is read again and fails.</summary>
    [LoggerMessage(302, LogLevel.Error, "The store refused what job {Job} had to write; the job fails")]
    private partial void LogRefused(TaskId job, Exception cause);

    /// <summary>Logged after the commit that ends the job. The count excludes skipped and failed items.</summary>
    [LoggerMessage(301, LogLevel.Information, "Job {Job} ended: {State}, {Items} items")]
    private partial void LogEnded(TaskId job, JobState state, long items);
}
