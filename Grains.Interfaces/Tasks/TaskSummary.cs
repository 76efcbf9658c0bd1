namespace OrleansTasks.Tasks;

/// <summary>The counts of the tasks that a filter matches. Each list is sorted by key.</summary>
/// <param name="Total">The number of matching tasks.</param>
/// <param name="ByState">The counts by state, without states that have no tasks.</param>
/// <param name="ByNode">The counts by the latest attempt's node, without tasks that never had one.</param>
/// <param name="ByExitCode">The counts by exit code, without tasks that have none.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskSummary")]
public sealed record TaskSummary(
    [property: Id(0)] long Total,
    [property: Id(1)] ImmutableArray<KeyValuePair<TaskState, long>> ByState,
    [property: Id(2)] ImmutableArray<KeyValuePair<string, long>> ByNode,
    [property: Id(3)] ImmutableArray<KeyValuePair<int, long>> ByExitCode);
