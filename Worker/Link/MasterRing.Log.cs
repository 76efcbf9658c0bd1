using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Link;

public sealed partial class MasterRing
{
    [LoggerMessage(EventId = 3801, Level = LogLevel.Debug, Message = "Leaving the master at {Left} for {Next}: {Reason}")]
    private partial void MasterLeft(string reason, Uri left, Uri next);
}
