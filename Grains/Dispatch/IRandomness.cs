
namespace OrleansTasks.Dispatch;

/// <summary>
/// The source of randomness for dispatchers: for lease tokens, and for jitter in the backoffs of failed tasks and in
/// the rests of nodes that refuse tasks. A lease token proves that a node holds an attempt, so in production
/// (<see cref="SecureRandomness"/>) the numbers must be unpredictable. All dispatchers of a silo share one instance,
/// which must be thread-safe. Simulations and tests, on one thread, use a seeded source, so that equal seeds make equal
/// runs.
/// </summary>
public interface IRandomness
{
    /// <summary>64 random bits.</summary>
    ulong NextBits();

    /// <summary>A number from 0 (inclusive) to 1 (exclusive), evenly distributed.</summary>
    double NextFraction();
}
