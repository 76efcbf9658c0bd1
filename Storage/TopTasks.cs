using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>Picks a page of an ordered list out of tasks that come in any order.</summary>
/// <typeparam name="T">What a store knows a task by.</typeparam>
/// <param name="query">The page.</param>
internal sealed class TopTasks<T>(TaskListQuery query)
{
    // The smallest of those kept is the first to go.
    private readonly PriorityQueue<T, TaskPosition> kept = new();
    private int seen;

    /// <summary>Whether more tasks came than are sorted.</summary>
    internal bool IsTooMany => seen > TaskListQuery.MostSorted;

    /// <summary>Takes a task; false when there are too many.</summary>
    internal bool Add(T task, TaskPosition at)
    {
        seen++;
        if (query.After is { } after && at.CompareTo(after) >= 0)
            return !IsTooMany;
        if (kept.Count < query.Limit)
            kept.Enqueue(task, at);
        else
            kept.EnqueueDequeue(task, at);
        return !IsTooMany;
    }

    /// <summary>The page, the largest first.</summary>
    internal List<T> Page()
    {
        var page = new List<T>(kept.Count);
        while (kept.TryDequeue(out var task, out _))
            page.Add(task);
        page.Reverse();
        return page;
    }
}
