namespace OrleansTasks.Tasks;

/// <summary>The one source of chance in the grains: secure in production, seeded in a simulation.</summary>
public interface IRandomness
{
    /// <summary>64 random bits.</summary>
    ulong NextBits();

    /// <summary>A number from 0 up to but not including 1.</summary>
    double NextFraction();
}
