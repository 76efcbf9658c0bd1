using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>What callers of a job's grain are told when it fails.</summary>
internal static class JobFaults
{
    /// <summary>What nothing new is taken for while the disk is nearly full.</summary>
    public static StoreUnavailableException DiskIsLow() =>
        new("The disk is nearly full: free space, and jobs and items are taken again.");

    /// <summary>An exception for one caller.</summary>
    public static Exception ToCaller(Exception cause) =>
        cause is StoreUnavailableException
            ? new StoreUnavailableException(cause.Message, cause)
            : new OutcomeUnknownException("The job's grain failed and starts again.", cause);
}
