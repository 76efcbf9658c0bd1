using OrleansTasks.Storage;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Makes the exceptions for callers that a dispatcher cannot serve now. A <see cref="StoreUnavailableException"/> means
/// that nothing of the operation was written; an <see cref="OutcomeUnknownException"/> leaves that open.
/// </summary>
internal static class DispatchFaults
{
    public static StoreUnavailableException DiskIsLow() =>
        new("The disk is nearly full. New tasks are accepted again when space is free.");

    public static StoreUnavailableException Replaced() => new("Another owner has taken this queue over.");

    public static InvalidOperationException NotAnswered(Exception cause) => new("The dispatcher cannot answer this.", cause);

    /// <summary>
    /// Makes an exception for one caller. While nobody can say whether the last commit landed, even a caller whose
    /// operation was not in it gets an <see cref="OutcomeUnknownException"/>.
    /// </summary>
    public static Exception ToCaller(Exception cause) => cause switch
    {
        OutcomeUnknownException => new OutcomeUnknownException(cause.Message, cause),
        TooManyQueuesException => new TooManyQueuesException(cause.Message),
        StoreUnavailableException => new StoreUnavailableException(cause.Message, cause),
        _ => new StoreUnavailableException("The dispatcher failed and restarts.", cause),
    };
}
