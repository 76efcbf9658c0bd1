using Microsoft.Extensions.Logging;

namespace OrleansTasks.Worker.Agent;

internal sealed partial class ResultSpool
{
    [LoggerMessage(EventId = 3701, Level = LogLevel.Information,
        Message = "Found {Count} results that the master has not settled; reporting them.")]
    private partial void Recovered(int count);

    [LoggerMessage(EventId = 3702, Level = LogLevel.Error,
        Message = "Could not write {Count} unsettled results to disk.")]
    private partial void SpoolFailed(Exception failure, int count);
}
