using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

internal sealed partial class LeaseWatch
{
    [LoggerMessage(EventId = 3601, Level = LogLevel.Error,
        Message = "The lease could not be renewed: {Count} running attempts were killed before it lapsed.")]
    private partial void LeaseLapsed(int count);
}
