namespace OrleansTasks.Silo.Upkeep;

public sealed partial class RetentionService
{
    [LoggerMessage(EventId = 4401, Level = LogLevel.Warning,
        Message = "Old tasks could not be removed; trying again later.")]
    private partial void RoundFailed(Exception failure);

    [LoggerMessage(EventId = 4402, Level = LogLevel.Information,
        Message = "Removed leftover output files of {Attempts} attempts.")]
    private partial void OrphansRemoved(int attempts);

    [LoggerMessage(EventId = 4403, Level = LogLevel.Error,
        Message = "Removed {Records} audit records of the class {Class} before their 90 days, because {Most} are kept. Somebody may be hiding something.")]
    private partial void AuditRemovedEarly(string @class, long records, long most);
}
