using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Nodes;

internal sealed partial class OutputIntake
{
    // A warning, because any worker can cause it for its own attempts.
    [LoggerMessage(EventId = 4201, Level = LogLevel.Warning,
        Message = "Attempt {Attempt} of task {Task}: output from offset {Offset} on is lost, because what comes "
            + "before it is not stored.")]
    private partial void OutputGap(TaskId task, int attempt, long offset);

    [LoggerMessage(EventId = 4203, Level = LogLevel.Debug,
        Message = "{Bytes} bytes of output of attempt {Attempt} of task {Task} were not taken: the attempt is not open.")]
    private partial void OutputNotTaken(TaskId task, int attempt, int bytes);

    [LoggerMessage(EventId = 4202, Level = LogLevel.Warning,
        Message = "The live output of attempt {Attempt} of task {Task} could not be removed; retention will.")]
    private partial void DeleteFailed(Exception failure, TaskId task, int attempt);
}
