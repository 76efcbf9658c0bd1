using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

internal sealed partial class LeaseWatch
{
    [LoggerMessage(EventId = 3601, Level = LogLevel.Error,
        Message = "Could not renew the lease; killed {Count} running attempts before it ended.")]
    private partial void LeaseLapsed(int count);
}
