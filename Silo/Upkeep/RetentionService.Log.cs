using Microsoft.Extensions.Logging;

namespace OrleansTasks.Silo.Upkeep;

public sealed partial class RetentionService
{
    [LoggerMessage(EventId = 4401, Level = LogLevel.Warning,
        Message = "Old tasks could not be removed; trying again later.")]
    private partial void RoundFailed(Exception failure);

    [LoggerMessage(EventId = 4402, Level = LogLevel.Information,
        Message = "Removed output of {Attempts} attempts that no task has.")]
    private partial void OrphansRemoved(int attempts);
}
