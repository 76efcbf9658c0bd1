using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>Selects a page of an ordered list from tasks that arrive in any order.</summary>
/// <typeparam name="T">The store's key for a task.</typeparam>
/// <param name="query">The requested page.</param>
internal sealed class TopTasks<T>(TaskListQuery query)
{
    // The queue dequeues its smallest position first, so that is the task to replace.
    private readonly PriorityQueue<T, TaskPosition> kept = new();
    private int seen;

    /// <summary>Whether more tasks were added than the store is willing to sort.</summary>
    internal bool IsTooMany => seen > TaskListQuery.MostSorted;

    /// <summary>Adds a task. Returns false once there are too many.</summary>
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

    /// <summary>Returns the page, largest first, and empties the selection.</summary>
    internal List<T> Page()
    {
        var page = new List<T>(kept.Count);
        while (kept.TryDequeue(out var task, out _))
            page.Add(task);
        page.Reverse();
        return page;
    }
}
