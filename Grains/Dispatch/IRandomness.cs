
namespace OrleansTasks.Dispatch;

/// <summary>
/// The dispatchers' source of random numbers, for lease tokens, ids, and jitter in backoffs and node rests. A lease
/// token proves that a node holds an attempt, so in production (<see cref="SecureRandomness"/>) the numbers must be
/// unpredictable. All dispatchers of a silo share one thread-safe instance. Simulations and tests use a seeded source
/// on one thread, so that equal seeds give equal runs.
/// </summary>
public interface IRandomness
{
    /// <summary>Returns 64 random bits.</summary>
    ulong NextBits();

    /// <summary>Returns a uniformly distributed number from 0 (inclusive) to 1 (exclusive).</summary>
    double NextFraction();
}
