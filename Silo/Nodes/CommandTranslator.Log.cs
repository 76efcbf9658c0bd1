using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Nodes;

internal sealed partial class CommandTranslator
{
    [LoggerMessage(EventId = 4101, Level = LogLevel.Warning,
        Message = "Cannot read the specs of {Count} assigned tasks; they are sent with a later heartbeat.")]
    private partial void SpecsUnavailable(Exception failure, int count);

    [LoggerMessage(EventId = 4102, Level = LogLevel.Error, Message = "Cannot read the stored spec of task {Task}.")]
    private partial void SpecUnreadable(Exception fault, TaskId task);

    [LoggerMessage(EventId = 4103, Level = LogLevel.Error,
        Message = "Task {Task} has {Size} bytes, too many to send to a worker; its attempt ends.")]
    private partial void StartTooLarge(TaskId task, long size);
}
