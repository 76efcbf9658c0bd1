using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Nodes;

internal sealed partial class OutputIntake
{
    // A warning, because any worker can cause it for its own attempts.
    [LoggerMessage(EventId = 4201, Level = LogLevel.Warning,
        Message = "Attempt {Attempt} of task {Task} loses its output from offset {Offset} on, because the output "
            + "before that offset is not stored.")]
    private partial void OutputGap(TaskId task, int attempt, long offset);

    [LoggerMessage(EventId = 4203, Level = LogLevel.Debug,
        Message = "Dropped {Bytes} bytes of output of attempt {Attempt} of task {Task}: the attempt is not open.")]
    private partial void OutputNotTaken(TaskId task, int attempt, int bytes);

    [LoggerMessage(EventId = 4202, Level = LogLevel.Warning,
        Message = "Could not remove the live output of attempt {Attempt} of task {Task}; retention will remove it.")]
    private partial void DeleteFailed(Exception failure, TaskId task, int attempt);
}
