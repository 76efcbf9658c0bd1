namespace OrleansTasks.Tasks;

/// <summary>
/// The one source of chance in the grains: secure in production, because lease tokens are made of it, and seeded in a simulation, so that
/// equal seeds make equal runs. Safe for several threads in production: all grains of a silo share it.
/// </summary>
public interface IRandomness
{
    /// <summary>64 random bits.</summary>
    ulong NextBits();

    /// <summary>A number from 0 up to but not including 1.</summary>
    double NextFraction();
}
