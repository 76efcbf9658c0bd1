using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// Notices that what a schedule started will not end, or has not ended, in the time that <see cref="SchedulePlan.ExpectBy"/> says.
/// Kept in memory: after a restart, only the end of that time is noticed, and it may be noticed again.
/// </summary>
/// <remarks>
/// A start usually takes as long as the median of the last five. If that is too long, the start is late at once. If it still waits when
/// there is only so much time left, it will be late. If it is open at the end of its time, it is late.
/// </remarks>
internal sealed class LateWatch
{
    private const int Measured = 5;
    private readonly Queue<long> took = new();

    // Those that were found late before the end of their time.
    private readonly HashSet<TaskId> told = [];
    private readonly PriorityQueue<(TaskId Id, bool IsLast), long> checks = new();

    /// <summary>When to call <see cref="Look"/>; <see cref="long.MaxValue"/> for never.</summary>
    public long Next => checks.TryPeek(out _, out var at) ? at : long.MaxValue;

    /// <summary>Watches what was started.</summary>
    public void Add(TaskId id, OccurrenceRow row, long within)
    {
        var deadline = row.At + within;
        if (took.Count > 0)
            checks.Enqueue((id, false), Math.Max(row.StartedAt, deadline - Usual()));
        checks.Enqueue((id, true), deadline);
    }

    /// <summary>Notes how long a start took until its end.</summary>
    public void Ended(OccurrenceRow row, long now)
    {
        if (took.Count == Measured)
            took.Dequeue();
        took.Enqueue(Math.Max(0, now - row.StartedAt));
    }

    /// <summary>Forgets what is watched, because the expectation has changed.</summary>
    public void Clear()
    {
        checks.Clear();
        told.Clear();
    }

    /// <summary>Returns how many starts are late now that were not before.</summary>
    /// <param name="now">The time.</param>
    /// <param name="open">What has not ended.</param>
    /// <param name="isWaiting">Whether a task has not begun to run.</param>
    public int Look(long now, IReadOnlyDictionary<TaskId, OccurrenceRow> open, Func<TaskId, bool> isWaiting)
    {
        var late = 0;
        while (checks.TryPeek(out var check, out var at) && at <= now)
        {
            checks.Dequeue();
            if (!open.TryGetValue(check.Id, out var row) || told.Contains(check.Id))
                told.Remove(check.Id);
            else if (check.IsLast || at == row.StartedAt || isWaiting(check.Id))
            {
                late++;
                // The second check of the same start comes later.
                if (!check.IsLast)
                    told.Add(check.Id);
            }
        }

        return late;
    }

    private long Usual()
    {
        var sorted = took.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
