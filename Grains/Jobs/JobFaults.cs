using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>
/// Makes the exceptions with which a job's grain (<see cref="JobGrain"/>) fails its callers, mostly gateways.
/// <see cref="StoreUnavailableException"/> means that the failed call has written nothing; the caller may try again
/// later. <see cref="OutcomeUnknownException"/> means that nobody knows whether the call's change is stored. A gateway
/// then repeats a call that changes the job, because a repeat is harmless. It does not repeat a query.
/// </summary>
internal static class JobFaults
{
    /// <summary>
    /// Returns the exception for a new job or posted items that are refused because the disk is nearly full.
    /// The refused call has written nothing. If it is a repeat, the first call may have written.
    /// </summary>
    public static StoreUnavailableException DiskIsLow() =>
        new("The disk is nearly full: free space, and jobs and items are taken again.");

    /// <summary>
    /// Returns the exception for one caller of a failed activation. Each caller needs an exception of its own,
    /// because throwing one changes its stack trace. A <see cref="StoreUnavailableException"/> keeps its type;
    /// every other cause, even a defect of the program, becomes <see cref="OutcomeUnknownException"/>.
    /// </summary>
    /// <param name="cause">Why the activation failed.</param>
    public static Exception ToCaller(Exception cause) =>
        cause is StoreUnavailableException
            ? new StoreUnavailableException(cause.Message, cause)
            : new OutcomeUnknownException("The job's grain failed and starts again.", cause);
}
