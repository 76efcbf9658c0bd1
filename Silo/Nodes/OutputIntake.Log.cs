using Microsoft.Extensions.Logging;
using OrleansTasks.Tasks;

namespace OrleansTasks.Silo.Nodes;

internal sealed partial class OutputIntake
{
    [LoggerMessage(EventId = 4201, Level = LogLevel.Error,
        Message = "Attempt {Attempt} of task {Task}: the store lacks output before offset {Offset}; the rest is lost.")]
    private partial void OutputGap(Exception gap, TaskId task, int attempt, long offset);

    [LoggerMessage(EventId = 4203, Level = LogLevel.Debug,
        Message = "{Bytes} bytes of output of attempt {Attempt} of task {Task} were not taken: the attempt is not open.")]
    private partial void OutputNotTaken(TaskId task, int attempt, int bytes);

    [LoggerMessage(EventId = 4202, Level = LogLevel.Warning,
        Message = "The live output of attempt {Attempt} of task {Task} could not be removed; retention will.")]
    private partial void DeleteFailed(Exception failure, TaskId task, int attempt);
}
