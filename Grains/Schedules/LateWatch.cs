using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Schedules;

/// <summary>
/// Finds starts of a schedule that will not end, or have not ended, by their deadline: their time plus
/// <see cref="SchedulePlan.ExpectBy"/>. Kept in memory: after a restart, it finds a late start only at the deadline,
/// perhaps again.
/// </summary>
/// <remarks>
/// A start is expected to take the median of the last five. It counts as late at once if that passes the deadline,
/// later if it still waits when only that much time is left, and at the deadline if it is still open.
/// </remarks>
internal sealed class LateWatch
{
    private const int Measured = 5;
    private readonly Queue<long> took = new();

    // Starts found late before their deadline, which the check at the deadline skips.
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

    /// <summary>Returns how many starts have become late since the last call.</summary>
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
