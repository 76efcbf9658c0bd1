namespace OrleansTasks.Tasks;

/// <summary>
/// The source of randomness for dispatchers: for lease tokens, and for jitter in backoffs and in the rests of nodes.
/// <see cref="SecureRandomness"/> implements it in production; lease tokens are secrets, so the numbers must be
/// unpredictable there. All grains of a silo share one instance, which must be thread-safe. Simulations and tests use a
/// seeded, single-threaded source, so that equal seeds make equal runs.
/// </summary>
public interface IRandomness
{
    /// <summary>64 random bits.</summary>
    ulong NextBits();

    /// <summary>A number from 0 (inclusive) to 1 (exclusive), evenly distributed.</summary>
    double NextFraction();
}
