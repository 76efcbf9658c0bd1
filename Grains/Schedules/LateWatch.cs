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
    private readonly Func<TaskId, bool> isOpen;
    private readonly Queue<long> took = new();

    // Starts found late before their deadline, which the check at the deadline skips.
    private readonly HashSet<TaskId> told = [];

    // A deadline may be a year away, so those of starts that have ended are dropped before.
    private TimeWatch<(TaskId Id, bool IsLast, long At)> checks;

    /// <param name="isOpen">Returns whether what was started has not ended.</param>
    public LateWatch(Func<TaskId, bool> isOpen) => (this.isOpen, checks) = (isOpen, NewChecks(isOpen));

    /// <summary>When to call <see cref="Look"/>; <see cref="long.MaxValue"/> for never.</summary>
    public long Next => checks.Next;

    /// <summary>How many checks are in memory, for tests.</summary>
    internal int Count => checks.Count;

    /// <summary>Watches what was started.</summary>
    public void Add(TaskId id, OccurrenceRow row, long within)
    {
        var deadline = row.At + within;
        if (took.Count > 0)
            Watch(id, isLast: false, Math.Max(row.StartedAt, deadline - Usual()));
        Watch(id, isLast: true, deadline);
    }

    /// <summary>Notes how long a start took until its end.</summary>
    public void Ended(OccurrenceRow row, long now)
    {
        if (row.StartedId is { } id)
            told.Remove(id);
        if (took.Count == Measured)
            took.Dequeue();
        took.Enqueue(Math.Max(0, now - row.StartedAt));
    }

    /// <summary>Forgets what is watched, because the expectation has changed.</summary>
    public void Clear()
    {
        checks = NewChecks(isOpen);
        told.Clear();
    }

    /// <summary>Returns how many starts have become late since the last call.</summary>
    /// <param name="now">The time.</param>
    /// <param name="open">What has not ended.</param>
    /// <param name="isWaiting">Whether a task has not begun to run.</param>
    public int Look(long now, IReadOnlyDictionary<TaskId, OccurrenceRow> open, Func<TaskId, bool> isWaiting)
    {
        var late = 0;
        while (checks.TryTake(now, out var check))
        {
            if (!open.TryGetValue(check.Id, out var row) || told.Contains(check.Id))
                told.Remove(check.Id);
            else if (check.IsLast || check.At == row.StartedAt || isWaiting(check.Id))
            {
                late++;
                if (!check.IsLast)
                    told.Add(check.Id);
            }
        }

        return late;
    }

    private static TimeWatch<(TaskId Id, bool IsLast, long At)> NewChecks(Func<TaskId, bool> isOpen) =>
        new(check => isOpen(check.Id));

    private void Watch(TaskId id, bool isLast, long at) => checks.Add((id, isLast, at), at);

    private long Usual()
    {
        var sorted = took.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
