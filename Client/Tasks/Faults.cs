using OrleansTasks.Storage;

namespace OrleansTasks.Client.Tasks;

/// <summary>Tells apart how calls to grains fail.</summary>
internal static class Faults
{
    /// <summary>Whether a write that failed so may have been carried out.</summary>
    public static bool IsOutcomeUnknown(Exception fault) =>
        fault is OutcomeUnknownException or TimeoutException or SiloUnavailableException or OrleansMessageRejectionException;

    /// <summary>
    /// Whether a call failed because the silo of its grain is gone: another one takes the grain over within seconds.
    /// </summary>
    public static bool IsSiloGone(Exception fault) =>
        fault is SiloUnavailableException or OrleansMessageRejectionException;

    /// <summary>Whether a reading that failed so may succeed a little later: whoever waits anyway asks again.</summary>
    public static bool IsPassing(Exception fault) =>
        fault is StoreUnavailableException or TimeoutException or SiloUnavailableException or OrleansMessageRejectionException;
}
