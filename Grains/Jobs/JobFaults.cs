using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>
/// Exceptions for callers of <see cref="JobGrain"/>. <see cref="StoreUnavailableException"/> means that the call wrote
/// nothing; <see cref="OutcomeUnknownException"/> means that its change may be stored. Calls that change a job are
/// idempotent, so gateways repeat them before giving up.
/// </summary>
internal static class JobFaults
{
    /// <summary>
    /// Returns the refusal for a nearly full disk. The call wrote nothing, but an earlier try may have.
    /// </summary>
    public static StoreUnavailableException DiskIsLow() =>
        new("The disk is nearly full. The service accepts new jobs and items again once space is free.") { IsDiskLow = true };

    /// <summary>
    /// Returns an exception for one caller of a failed activation; each caller needs its own, because a throw
    /// overwrites the stack trace. A <see cref="StoreUnavailableException"/> or <see cref="StoreRefusedException"/> keeps its type, so the call must not have
    /// committed anything. A cancel commits twice, so <see cref="JobRunner"/> builds its exception. Causes other than
    /// <see cref="TooManyQueuesException"/> become <see cref="OutcomeUnknownException"/>.
    /// </summary>
    public static Exception ToCaller(Exception cause) => cause switch
    {
        StoreUnavailableException unavailable => unavailable.ForAnotherCaller(),
        StoreRefusedException => new StoreRefusedException(cause.Message, cause),
        TooManyQueuesException => new TooManyQueuesException(cause.Message, cause),
        _ => new OutcomeUnknownException("The job's grain failed and is restarting. The change may or may not be stored.", cause),
    };
}
