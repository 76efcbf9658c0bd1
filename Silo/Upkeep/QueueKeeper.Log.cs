using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Upkeep;

public sealed partial class QueueKeeper
{
    [LoggerMessage(EventId = 4301, Level = LogLevel.Warning,
        Message = "Could not list the queues; trying again shortly.")]
    private partial void RoundFailed(Exception failure);

    [LoggerMessage(EventId = 4303, Level = LogLevel.Warning,
        Message = "Could not activate job {Job}; trying again shortly.")]
    private partial void WakeJobFailed(Exception failure, TaskId job);

    [LoggerMessage(EventId = 4304, Level = LogLevel.Warning,
        Message = "Could not activate the webhooks; trying again shortly.")]
    private partial void WakeWebhooksFailed(Exception failure);

    [LoggerMessage(EventId = 4305, Level = LogLevel.Warning,
        Message = "Could not activate the notifications; trying again shortly.")]
    private partial void WakeNotificationsFailed(Exception failure);

    [LoggerMessage(EventId = 4302, Level = LogLevel.Warning,
        Message = "Could not activate queue {Queue}; trying again shortly.")]
    private partial void WakeFailed(Exception failure, string queue);
}
