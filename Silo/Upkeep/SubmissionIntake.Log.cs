using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Upkeep;

public sealed partial class SubmissionIntake
{
    [LoggerMessage(EventId = 4321, Level = LogLevel.Warning,
        Message = "Could not list the queues with submissions; trying again.")]
    private partial void ListFailed(Exception failure);

    [LoggerMessage(EventId = 4322, Level = LogLevel.Warning,
        Message = "Could not take the submissions of queue {Queue}; trying again.")]
    private partial void TakeFailed(Exception failure, string queue);

    [LoggerMessage(EventId = 4323, Level = LogLevel.Warning,
        Message = "Refused {Count} tasks that programs submitted in transactions to queue {Queue}. One of them is {Task}: {Error}")]
    private partial void Refused(int count, string queue, TaskId task, string error);
}
