using OrleansTasks.Storage;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Creates the exceptions for callers that a dispatcher cannot serve at present. A
/// <see cref="StoreUnavailableException"/> means that nothing of the operation was written; an
/// <see cref="OutcomeUnknownException"/> means that it may have been.
/// </summary>
internal static class DispatchFaults
{
    public static StoreUnavailableException DiskIsLow() =>
        new("The disk is nearly full. The service accepts new tasks again once space is free.") { IsDiskLow = true };

    public static StoreUnavailableException Replaced() =>
        new("Another owner has taken over this queue.") { IsOwnerReplaced = true };

    public static InvalidOperationException NotAnswered(Exception cause) => new("The dispatcher cannot answer this request.", cause);

    /// <summary>Whether the last commit landed is unknown; the operation was not in it.</summary>
    public static StoreUnavailableException Away() => new("The store does not answer.");

    /// <summary>Creates an exception for one caller.</summary>
    public static Exception ToCaller(Exception cause) => cause switch
    {
        OutcomeUnknownException => new OutcomeUnknownException(cause.Message, cause),
        TooManyQueuesException => new TooManyQueuesException(cause.Message),
        StoreUnavailableException unavailable => unavailable.ForAnotherCaller(),
        StoreRefusedException => new StoreRefusedException(cause.Message, cause),
        _ => new StoreUnavailableException("The dispatcher failed and is restarting.", cause),
    };
}
