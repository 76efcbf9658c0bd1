using OrleansTasks.Feed;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Live;

/// <summary>
/// The tasks that have changed since the last tick. A tick shows the tasks that the reader watches, then those that
/// changed last, and counts the others. Not thread-safe.
/// </summary>
/// <param name="watched">Tasks that the tick shows whenever they have changed, as far as there is room.</param>
/// <param name="most">The maximum number of tasks in a tick.</param>
internal sealed class ChangedTasks(IReadOnlySet<TaskId> watched, int most)
{
    private readonly Dictionary<TaskId, LiveTask> changed = [];
    private long number;

    /// <summary>Whether nothing has changed.</summary>
    public bool IsEmpty => changed.Count == 0;

    /// <summary>Records a transition. It replaces earlier ones of the same task.</summary>
    /// <param name="entry">The transition.</param>
    /// <param name="version">The task's version after it.</param>
    public void Note(FeedEntry entry, long version) =>
        changed[entry.Task] = new LiveTask(entry.Task, version, entry.State, entry.Attempt, null, EndReason.None, ++number);

    /// <summary>Returns the tasks for the tick in the order of their changes, and forgets all changes.</summary>
    /// <param name="more">The number of other tasks that have changed.</param>
    public LiveTask[] Take(out int more)
    {
        // A min-heap of the best `most` tasks: one pass suffices, even over tens of thousands of changed tasks.
        var wanted = new PriorityQueue<LiveTask, (bool IsWatched, long Number)>();
        foreach (var task in changed.Values)
        {
            var rank = (watched.Contains(task.Id), task.Number);
            if (wanted.Count < most)
                wanted.Enqueue(task, rank);
            else
                wanted.EnqueueDequeue(task, rank);
        }

        var taken = wanted.UnorderedItems.Select(static item => item.Element).OrderBy(static task => task.Number).ToArray();
        more = changed.Count - taken.Length;
        changed.Clear();
        return taken;
    }
}
