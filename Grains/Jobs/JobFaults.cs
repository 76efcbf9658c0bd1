using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>
/// Makes the exceptions that a job's grain (<see cref="JobGrain"/>) throws to its callers: gateways, the grain that
/// reads jobs, and the silo's upkeep. <see cref="StoreUnavailableException"/> tells the caller that its call has written
/// nothing, so the caller may try again later. <see cref="OutcomeUnknownException"/> tells the caller that the call's
/// change may be stored or not. A query gets it as well. A repeat of a call that changes a job has no further effect, so
/// a gateway repeats such a call once or more before it gives up.
/// </summary>
internal static class JobFaults
{
    /// <summary>
    /// Returns the exception for a new job or posted items that are refused because the disk is nearly full.
    /// The refused call has written nothing. If it repeats an earlier call, that call may have written.
    /// </summary>
    public static StoreUnavailableException DiskIsLow() =>
        new("The disk is nearly full. New jobs and items are accepted again when space is free.");

    /// <summary>
    /// Returns the exception for one caller of an activation that has failed: a caller whose request was served at that
    /// moment, one that waits, or one that calls later. Each caller needs an exception object of its own, because a
    /// throw overwrites its stack trace. <see cref="StoreUnavailableException"/> and <see cref="TooManyQueuesException"/>
    /// keep their types; every other cause, even a defect of the program, becomes <see cref="OutcomeUnknownException"/>.
    /// </summary>
    /// <param name="cause">
    /// Why the activation failed. If it is a <see cref="StoreUnavailableException"/>, the call must not have committed
    /// anything before. A cancel commits twice, so <see cref="JobRunner"/> makes the exception for a canceller.
    /// </param>
    public static Exception ToCaller(Exception cause) => cause switch
    {
        StoreUnavailableException => new StoreUnavailableException(cause.Message, cause),
        TooManyQueuesException => new TooManyQueuesException(cause.Message, cause),
        _ => new OutcomeUnknownException("The job's grain failed and restarts. The change may be stored or not.", cause),
    };
}
