
namespace OrleansTasks.Dispatch;

/// <summary>
/// The dispatchers' random numbers, for lease tokens, and for jitter in backoffs and in the rests of nodes. A lease
/// token proves that a node holds an attempt, so in production (<see cref="SecureRandomness"/>) the numbers must be
/// unpredictable. All dispatchers of a silo share one thread-safe instance. Simulations and tests use a seeded source
/// on one thread: equal seeds make equal runs.
/// </summary>
public interface IRandomness
{
    /// <summary>64 random bits.</summary>
    ulong NextBits();

    /// <summary>A number from 0 (inclusive) to 1 (exclusive), evenly distributed.</summary>
    double NextFraction();
}
