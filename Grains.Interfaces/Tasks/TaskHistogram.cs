namespace OrleansTasks.Tasks;

/// <summary>How many tasks were created when, by state: as many spans of equal length as were asked for.</summary>
/// <param name="From">Unix milliseconds at which the first span begins.</param>
/// <param name="Width">The length of a span in milliseconds.</param>
/// <param name="Counts">The counts of the first span in the order of <see cref="TaskStates.All"/>, then those of the next.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskHistogram")]
public sealed record TaskHistogram(
    [property: Id(0)] long From,
    [property: Id(1)] long Width,
    [property: Id(2)] ImmutableArray<long> Counts)
{
    /// <summary>No task and no span.</summary>
    public static TaskHistogram Empty { get; } = new(0, 0, []);
}
