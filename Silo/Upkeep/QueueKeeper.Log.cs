using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Upkeep;

public sealed partial class QueueKeeper
{
    [LoggerMessage(EventId = 4301, Level = LogLevel.Warning,
        Message = "The queues could not be listed; trying again shortly.")]
    private partial void RoundFailed(Exception failure);

    [LoggerMessage(EventId = 4303, Level = LogLevel.Warning,
        Message = "Job {Job} could not be activated; trying again shortly.")]
    private partial void WakeJobFailed(Exception failure, TaskId job);

    [LoggerMessage(EventId = 4304, Level = LogLevel.Warning,
        Message = "The webhooks could not be activated; trying again shortly.")]
    private partial void WakeWebhooksFailed(Exception failure);

    [LoggerMessage(EventId = 4302, Level = LogLevel.Warning,
        Message = "Queue {Queue} could not be activated; trying again shortly.")]
    private partial void WakeFailed(Exception failure, string queue);
}
