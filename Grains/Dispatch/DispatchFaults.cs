using OrleansTasks.Storage;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Makes the exceptions that a dispatcher (<see cref="TaskDispatcherGrain"/>) gives to its callers when it cannot serve
/// them now. <see cref="StoreUnavailableException"/> tells the caller that nothing of its operation was written.
/// <see cref="OutcomeUnknownException"/> leaves that open.
/// </summary>
internal static class DispatchFaults
{
    /// <summary>Makes the exception for a submission that is refused because the disk is nearly full.</summary>
    public static StoreUnavailableException DiskIsLow() =>
        new("The disk is nearly full. New tasks are accepted again when space is free.");

    /// <summary>Makes the exception for the end of an activation whose queue another one has taken over.</summary>
    public static StoreUnavailableException Replaced() => new("Another owner has taken this queue over.");

    /// <summary>Makes the exception for the caller of a read whose answer cannot be made; a defect, which the log tells.</summary>
    public static InvalidOperationException NotAnswered(Exception cause) => new("The dispatcher cannot answer this.", cause);

    /// <summary>
    /// Makes an exception for one caller: an <see cref="OutcomeUnknownException"/> when nobody can say whether the last
    /// commit landed, even for an operation that was not in it; a <see cref="TooManyQueuesException"/> when the queue
    /// may not be made; otherwise a <see cref="StoreUnavailableException"/>. The last two mean that nothing of the
    /// operation was written.
    /// </summary>
    public static Exception ToCaller(Exception cause) => cause switch
    {
        OutcomeUnknownException => new OutcomeUnknownException(cause.Message, cause),
        TooManyQueuesException => new TooManyQueuesException(cause.Message),
        StoreUnavailableException => new StoreUnavailableException(cause.Message, cause),
        _ => new StoreUnavailableException("The dispatcher failed and restarts.", cause),
    };
}
