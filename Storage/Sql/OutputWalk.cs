using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Sql;

/// <summary>
/// Remembers the tasks that a removal of output found and left for the next call. A round of retention asks for some
/// hundred tasks at a time, with the same bound. Without this, each call would read the sizes of all stored output
/// again.
/// </summary>
internal sealed class OutputWalk(TimeProvider time)
{
    // Other output may be deleted in the meantime, and then less output exceeds the bound.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private OutsizedTasks? rest;

    /// <summary>
    /// Returns the tasks that the last call left, if it had the same bound; null if the sizes must be read, as in the
    /// first call of a round.
    /// </summary>
    internal OutsizedTasks? GoOn(long keepBytes) =>
        Interlocked.Exchange(ref rest, null) is { } left && left.KeepBytes == keepBytes
            && time.GetElapsedTime(left.ReadAt) < Longest
            ? left
            : null;

    /// <summary>Notes the tasks that a call left, if any.</summary>
    internal void StopAt(OutsizedTasks left) => rest = left.IsEmpty ? null : left;
}

/// <summary>Ended tasks whose output is beyond a bound: without it, the rest is within the bound.</summary>
/// <param name="keepBytes">The bound.</param>
/// <param name="readAt">A timestamp from before the sizes were read.</param>
internal sealed class OutsizedTasks(long keepBytes, long readAt)
{
    // The latest end first. The tasks that were taken are gone.
    private readonly List<(long Key, TaskId Id)> tasks = [];
    private long kept;

    /// <summary>The bound.</summary>
    internal long KeepBytes => keepBytes;

    /// <summary>A timestamp from before the sizes were read.</summary>
    internal long ReadAt => readAt;

    /// <summary>
    /// The latest end of these tasks, in Unix milliseconds. One that ended later was retried, and has new output.
    /// </summary>
    internal long EndedBy { get; private set; } = long.MinValue;

    /// <summary>Whether no task is left.</summary>
    internal bool IsEmpty => tasks.Count == 0;

    /// <summary>Adds a task if its output is beyond the bound. Takes tasks with output, the latest end first.</summary>
    internal void Add(long key, TaskId id, long endedAt, long bytes)
    {
        kept += bytes;
        if (kept <= keepBytes)
            return;
        EndedBy = Math.Max(EndedBy, endedAt);
        tasks.Add((key, id));
    }

    /// <summary>Takes up to some tasks, the earliest end first.</summary>
    internal List<(long Key, TaskId Id)> Take(int most)
    {
        var first = Math.Max(0, tasks.Count - most);
        var taken = tasks[first..];
        tasks.RemoveRange(first, taken.Count);
        taken.Reverse();
        return taken;
    }
}
