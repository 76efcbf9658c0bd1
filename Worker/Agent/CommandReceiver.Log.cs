using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

internal sealed partial class CommandReceiver
{
    [LoggerMessage(EventId = 3201, Level = LogLevel.Warning,
        Message = "The stream of commands broke ({Reason}); it will be opened again.")]
    private partial void StreamBroke(Exception? fault, string reason);
}
