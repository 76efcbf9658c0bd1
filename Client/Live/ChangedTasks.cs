using OrleansTasks.Feed;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Live;

/// <summary>
/// The tasks that have changed since the last tick. A tick has those that the reader watches, then the ones that changed last; the
/// rest is counted. Not thread-safe.
/// </summary>
/// <param name="watched">Tasks that are in the tick whenever they have changed.</param>
/// <param name="most">How many tasks a tick has.</param>
internal sealed class ChangedTasks(IReadOnlySet<TaskId> watched, int most)
{
    private readonly Dictionary<TaskId, LiveTask> changed = [];
    private long number;

    /// <summary>Whether nothing has changed.</summary>
    public bool IsEmpty => changed.Count == 0;

    /// <summary>Notes a transition; later ones of the same task take its place.</summary>
    /// <param name="entry">The transition.</param>
    /// <param name="version">The task's version since.</param>
    public void Note(FeedEntry entry, long version) =>
        changed[entry.Task] = new LiveTask(entry.Task, version, entry.State, entry.Attempt, null, EndReason.None, ++number);

    /// <summary>Takes what the tick has, in the order of the changes, and forgets all.</summary>
    /// <param name="more">How many other tasks have changed.</param>
    public LiveTask[] Take(out int more)
    {
        // The least wanted of those taken is on top: one pass, since tens of thousands may have changed.
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
