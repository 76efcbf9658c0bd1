namespace OrleansTasks.Tasks;

/// <summary>Counts over the tasks of a filter, each list by its key.</summary>
/// <param name="Total">How many match.</param>
/// <param name="ByState">By state; states without tasks are left out.</param>
/// <param name="ByNode">By the node of the latest attempt; tasks that never had one are left out.</param>
/// <param name="ByExitCode">By exit code; tasks without one are left out.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskSummary")]
public sealed record TaskSummary(
    [property: Id(0)] long Total,
    [property: Id(1)] ImmutableArray<KeyValuePair<TaskState, long>> ByState,
    [property: Id(2)] ImmutableArray<KeyValuePair<string, long>> ByNode,
    [property: Id(3)] ImmutableArray<KeyValuePair<int, long>> ByExitCode);
