using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>What callers of a job's grain are told when it fails.</summary>
internal static class JobFaults
{
    /// <summary>An exception for one caller.</summary>
    public static Exception ToCaller(Exception cause) =>
        cause is StoreUnavailableException
            ? new StoreUnavailableException(cause.Message, cause)
            : new OutcomeUnknownException("The job's grain failed and starts again.", cause);
}
