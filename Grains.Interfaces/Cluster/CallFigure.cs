namespace OrleansTasks.Cluster;

/// <summary>How often a grain method was called, and how long its calls took from their beginning to their end.</summary>
/// <param name="Grain">The grain's interface.</param>
/// <param name="Method">The method.</param>
/// <param name="Calls">How often it ended.</param>
/// <param name="Failures">How often it ended with an exception.</param>
/// <param name="Total">All durations together, in microseconds.</param>
/// <param name="Longest">The longest duration, in microseconds.</param>
/// <param name="Durations">How many calls there were by duration, in buckets that grow with it.</param>
[GenerateSerializer, Immutable, Alias("ot.CallFigure")]
public sealed record CallFigure(
    [property: Id(0)] string Grain,
    [property: Id(1)] string Method,
    [property: Id(2)] long Calls,
    [property: Id(3)] long Failures,
    [property: Id(4)] long Total,
    [property: Id(5)] long Longest,
    [property: Id(6)] ImmutableArray<long> Durations)
{
    /// <summary>The figures of a method on two silos together.</summary>
    public CallFigure And(CallFigure other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return this with
        {
            Calls = Calls + other.Calls,
            Failures = Failures + other.Failures,
            Total = Total + other.Total,
            Longest = Math.Max(Longest, other.Longest),
            Durations = [.. Durations.Zip(other.Durations, static (mine, theirs) => mine + theirs)],
        };
    }
}
