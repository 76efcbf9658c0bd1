using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

internal sealed partial class CommandReceiver
{
    [LoggerMessage(EventId = 3201, Level = LogLevel.Warning,
        Message = "The command stream broke ({Reason}); reopening it.")]
    private partial void StreamBroke(Exception? fault, string reason);
}
