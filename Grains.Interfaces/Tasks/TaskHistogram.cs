namespace OrleansTasks.Tasks;

/// <summary>The number of tasks created in each of the requested spans of equal length, by state.</summary>
/// <param name="From">The start of the first span in Unix milliseconds.</param>
/// <param name="Width">The length of a span in milliseconds.</param>
/// <param name="Counts">
/// The counts of the first span in the order of <see cref="TaskStates.All"/>, then those of the next spans.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.TaskHistogram")]
public sealed record TaskHistogram(
    [property: Id(0)] long From,
    [property: Id(1)] long Width,
    [property: Id(2)] ImmutableArray<long> Counts)
{
    /// <summary>A histogram without tasks or spans.</summary>
    public static TaskHistogram Empty { get; } = new(0, 0, []);
}
