using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Nodes;

internal sealed partial class CommandTranslator
{
    [LoggerMessage(EventId = 4101, Level = LogLevel.Warning,
        Message = "The specs of {Count} assigned tasks cannot be read now; they are sent with a later heartbeat.")]
    private partial void SpecsUnavailable(Exception failure, int count);

    [LoggerMessage(EventId = 4102, Level = LogLevel.Error, Message = "The stored spec of task {Task} cannot be read.")]
    private partial void SpecUnreadable(Exception fault, TaskId task);

    [LoggerMessage(EventId = 4103, Level = LogLevel.Error,
        Message = "Task {Task} has {Size} bytes, which is more than a worker can be sent; its attempt ends.")]
    private partial void StartTooLarge(TaskId task, long size);
}
