
namespace OrleansTasks.Dispatch;

/// <summary>
/// A queue of entries by time, earliest first; of equal times, the first added is the first taken.
/// A queue's core uses it for what comes due: tasks (<see cref="TaskTimes"/>), leases (<see cref="LeaseBook"/>) and
/// nodes' rests (<see cref="DispatchCore"/>). An entry cannot be removed; it becomes stale when its time no longer
/// matters. So an entry is only a hint: the caller that takes the entry checks whether it still applies. All times are
/// of one clock, which the caller chooses.
/// </summary>
/// <remarks>
/// So that stale entries do not pile up, <see cref="Add"/> drops them when the number of entries has reached a bound.
/// The bound is 4,096 at first, and then twice the number of entries that were kept, but at least 4,096.
/// </remarks>
/// <param name="applies">
/// Whether an entry must be kept, asked when stale entries are dropped. Must change nothing. Always true if the caller
/// itself keeps the number of entries small.
/// </param>
internal sealed class TimeWatch<T>(Func<T, bool> applies)
{
    private const int SweepFrom = 4096;
    private readonly PriorityQueue<T, (long At, long Number)> heap = new();

    // Tells entries of equal time apart, by the order in which they were added.
    private long number;
    private int sweepAt = SweepFrom;

    /// <summary>The earliest time of an entry, stale or not; <see cref="long.MaxValue"/> when there is none.</summary>
    public long Next => heap.TryPeek(out _, out var first) ? first.At : long.MaxValue;

    /// <summary>Adds an entry for the time <paramref name="at"/>. The same entry may be added again.</summary>
    public void Add(T entry, long at)
    {
        if (heap.Count >= sweepAt)
            Sweep();
        heap.Enqueue(entry, (at, number++));
    }

    /// <summary>Takes the earliest entry, stale or not, if its time has come; otherwise false.</summary>
    public bool TryTake(long now, out T entry)
    {
        if (heap.TryPeek(out entry!, out var first) && first.At <= now)
        {
            heap.Dequeue();
            return true;
        }

        return false;
    }

    private void Sweep()
    {
        var kept = heap.UnorderedItems.Where(item => applies(item.Element)).ToArray();
        heap.Clear();
        heap.EnqueueRange(kept);
        sweepAt = Math.Max(SweepFrom, 2 * kept.Length);
    }
}
