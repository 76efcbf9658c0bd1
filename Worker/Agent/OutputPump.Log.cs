using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

internal sealed partial class OutputPump
{
    [LoggerMessage(EventId = 3401, Level = LogLevel.Warning,
        Message = "Output could not be stored ({Reason}); it will be sent again.")]
    private partial void WriteFailed(Exception? fault, string reason);
}
