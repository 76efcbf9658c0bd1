
namespace OrleansTasks.Cluster;

/// <summary>How often a grain method was called and how long its calls took from start to end.</summary>
/// <param name="Grain">The name of the grain's interface.</param>
/// <param name="Method">The name of the method.</param>
/// <param name="Calls">The number of calls that ended.</param>
/// <param name="Failures">The number of calls that ended with an exception.</param>
/// <param name="Total">The sum of all durations, in microseconds.</param>
/// <param name="Longest">The longest duration, in microseconds.</param>
/// <param name="Durations">The number of calls in each bucket of <see cref="DurationBuckets"/>.</param>
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
    /// <summary>Returns the combined figures of a method on two silos.</summary>
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
