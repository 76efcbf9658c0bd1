using Microsoft.Extensions.Logging;
using OrleansTasks.Tasks;

namespace OrleansTasks.Jobs;

public sealed partial class JobGrain
{
    [LoggerMessage(300, LogLevel.Warning, "Job {Job} gives up and starts again")]
    private partial void LogPoisoned(TaskId job, Exception cause);

    [LoggerMessage(301, LogLevel.Information, "Job {Job} has ended: {State}, {Items} items")]
    private partial void LogEnded(TaskId job, JobState state, long items);
}
