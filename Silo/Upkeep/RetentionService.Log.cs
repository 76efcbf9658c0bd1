namespace OrleansTasks.Silo.Upkeep;

public sealed partial class RetentionService
{
    [LoggerMessage(EventId = 4401, Level = LogLevel.Warning,
        Message = "Could not remove old tasks; trying again later.")]
    private partial void RoundFailed(Exception failure);

    [LoggerMessage(EventId = 4404, Level = LogLevel.Debug,
        Message = "Could not remove the unused queue {Queue}; trying again later.")]
    private partial void RetireFailed(Exception failure, string queue);

    [LoggerMessage(EventId = 4402, Level = LogLevel.Information,
        Message = "Removed leftover output files of {Attempts} attempts.")]
    private partial void OrphansRemoved(int attempts);

    [LoggerMessage(EventId = 4403, Level = LogLevel.Error,
        Message = "Removed {Records} audit records of class {Class} that were less than 90 days old, because at most "
            + "{Most} are kept. Someone may be trying to hide changes.")]
    private partial void AuditRemovedEarly(string @class, long records, long most);
}
