using Orleans.Runtime.Messaging;
using OrleansTasks.Storage;

namespace OrleansTasks;

/// <summary>Classifies how calls to grains fail.</summary>
public static class Faults
{
    /// <summary>Returns whether a write that failed this way may still have been executed.</summary>
    public static bool IsOutcomeUnknown(Exception fault) =>
        fault is OutcomeUnknownException or TimeoutException || IsSiloGone(fault);

    /// <summary>
    /// Returns whether a call failed because the silo of its grain is gone. Another silo takes over the grain within
    /// seconds.
    /// </summary>
    public static bool IsSiloGone(Exception fault) =>
        fault is SiloUnavailableException or OrleansMessageRejectionException or ConnectionFailedException;

    /// <summary>
    /// Returns whether a call failed, and changed nothing, because its queue has a new owner, which the next call
    /// reaches.
    /// </summary>
    public static bool IsOwnerReplaced(Exception fault) => fault is StoreUnavailableException { IsOwnerReplaced: true };

    /// <summary>
    /// Returns whether a call failed because what it called moves to another silo, which answers within seconds.
    /// </summary>
    public static bool IsTakenOver(Exception fault) => IsSiloGone(fault) || IsOwnerReplaced(fault);

    /// <summary>
    /// Returns whether a read that failed this way may succeed a little later, so that a waiting caller should try
    /// again.
    /// </summary>
    public static bool IsPassing(Exception fault) =>
        fault is StoreUnavailableException or TimeoutException || IsSiloGone(fault);
}
