using OrleansTasks.Storage;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// The only failures that the faults of a run explain. Everything else that the product throws is a defect, even when the product
/// recovers from it.
/// </summary>
internal static class ExpectedFailures
{
    /// <summary>What a stream says when it takes no items: engines have no type of their own for it.</summary>
    private const string StreamIsFull = "The queue of the stream is full.";

    private static readonly HashSet<Type> Types =
    [
        typeof(StoreUnavailableException),
        typeof(OutcomeUnknownException),
        typeof(SiloUnavailableException),
        typeof(OrleansMessageRejectionException),
        typeof(ClientNotAvailableException),
        typeof(TimeoutException),
    ];

    /// <summary>
    /// Finds the first exception that no fault explains: the failure itself, or anything that caused it. A grain that fails its callers
    /// with a store failure because of a defect names the defect as the inner exception.
    /// </summary>
    /// <param name="failure">What was thrown.</param>
    /// <returns>The unexplained exception; null when every exception of the chain is explained.</returns>
    public static Exception? Unexplained(Exception failure)
    {
        if (failure is AggregateException several)
            return several.InnerExceptions.Select(Unexplained).FirstOrDefault(static found => found is not null);
        for (var current = failure; current is not null; current = current.InnerException)
        {
            if (!Types.Contains(current.GetType()) && current is not InvalidOperationException { Message: StreamIsFull })
                return current;
        }

        return null;
    }
}
