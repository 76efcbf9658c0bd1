namespace OrleansTasks.Tasks;

/// <summary>A query for a page of an ordered list of tasks.</summary>
/// <param name="Filter">The tasks to list.</param>
/// <param name="Sort">The order of the list.</param>
/// <param name="Now">
/// The time in Unix milliseconds up to which running attempts are measured; the same for all pages of a list.
/// </param>
/// <param name="After">The position of the last task of the previous page; null for the first page.</param>
/// <param name="Limit">Maximum number of tasks to return.</param>
/// <param name="AsRows">Whether to return tasks as rows: without spec and tail, but with a digest of the spec.</param>
[GenerateSerializer, Immutable, Alias("ot.TaskListQuery")]
public sealed record TaskListQuery(
    [property: Id(0)] TaskFilter Filter,
    [property: Id(1)] TaskSort Sort,
    [property: Id(2)] long Now,
    [property: Id(3)] TaskPosition? After,
    [property: Id(4)] int Limit,
    [property: Id(5)] bool AsRows)
{
    /// <summary>
    /// Bytes of tasks (<see cref="TaskRecord.Bytes"/>) with which the page ends early; its last task may exceed them. 0
    /// for no limit.
    /// </summary>
    [Id(6)] public long MostBytes { get; init; }

    /// <summary>Returns the part of a page that fits into <see cref="MostBytes"/>: at least one task, if there is one.</summary>
    public IEnumerable<TaskRecord> Fitting(IEnumerable<TaskRecord> tasks)
    {
        var bytes = 0L;
        foreach (var task in tasks)
        {
            yield return task;
            if (IsFull(bytes += task.Bytes))
                yield break;
        }
    }

    /// <summary>Whether a page ends with so many bytes of tasks.</summary>
    public bool IsFull(long bytes) => MostBytes > 0 && bytes >= MostBytes;

    /// <summary>Maximum number of matching tasks that an order other than by creation can sort.</summary>
    public const int MostSorted = ServiceLimits.SortedTasks;
}
