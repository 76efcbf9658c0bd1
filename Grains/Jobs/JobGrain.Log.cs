using Microsoft.Extensions.Logging;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

// The log messages of JobGrain: the failure of an activation, and the end of the job.
public sealed partial class JobGrain
{
    /// <summary>
    /// Logged once for an activation, when a round of its loop throws. An open job goes on nevertheless:
    /// the silo's upkeep calls the grain within seconds, and the call starts a new activation.
    /// </summary>
    [LoggerMessage(300, LogLevel.Warning, "The activation of job {Job} failed and is deactivated; the next call reads the job from the store")]
    private partial void LogActivationFailed(TaskId job, Exception cause);

    /// <summary>Logged after the commit that ends the job. Items that were skipped or failed are not counted.</summary>
    [LoggerMessage(301, LogLevel.Information, "Job {Job} has ended: {State}, {Items} items")]
    private partial void LogEnded(TaskId job, JobState state, long items);
}
