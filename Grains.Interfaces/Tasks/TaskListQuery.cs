namespace OrleansTasks.Tasks;

/// <summary>A page of an ordered list of tasks.</summary>
/// <param name="Filter">Which tasks.</param>
/// <param name="Sort">By what they are ordered.</param>
/// <param name="Now">Unix milliseconds to which running attempts are counted: the same for all pages of a list.</param>
/// <param name="After">The last task of the page before; null for the first page.</param>
/// <param name="Limit">The most tasks.</param>
/// <param name="AsRows">Whether the tasks come without spec and tail, and with a digest of the spec.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskListQuery")]
public sealed record TaskListQuery(
    [property: Id(0)] TaskFilter Filter,
    [property: Id(1)] TaskSort Sort,
    [property: Id(2)] long Now,
    [property: Id(3)] TaskPosition? After,
    [property: Id(4)] int Limit,
    [property: Id(5)] bool AsRows)
{
    /// <summary>How many tasks an order other than by creation sorts at most.</summary>
    public const int MostSorted = ServiceLimits.SortedTasks;
}
