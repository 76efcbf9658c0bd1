using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

internal sealed partial class OutputPump
{
    [LoggerMessage(EventId = 3401, Level = LogLevel.Warning,
        Message = "Could not send output ({Reason}); sending it again.")]
    private partial void WriteFailed(Exception? fault, string reason);
}
