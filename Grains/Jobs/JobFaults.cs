using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>The exceptions that callers of a job's grain receive.</summary>
internal static class JobFaults
{
    /// <summary>The refusal of a new job or of posted items while the disk is nearly full; nothing was written.</summary>
    public static StoreUnavailableException DiskIsLow() =>
        new("The disk is nearly full: free space, and jobs and items are taken again.");

    /// <summary>
    /// Returns a new exception for one caller, since callers must not share one. <see cref="StoreUnavailableException"/> tells the caller
    /// that nothing was written; every other cause, also a defect, becomes <see cref="OutcomeUnknownException"/>.
    /// </summary>
    /// <param name="cause">Why the activation failed.</param>
    public static Exception ToCaller(Exception cause) =>
        cause is StoreUnavailableException
            ? new StoreUnavailableException(cause.Message, cause)
            : new OutcomeUnknownException("The job's grain failed and starts again.", cause);
}
