
namespace OrleansTasks.Dispatch;

/// <summary>
/// A queue of entries ordered by time, earliest first; entries with equal times come out in the order added. Entries
/// cannot be removed but may become stale, so an entry is only a hint: the caller checks whether it still applies.
/// </summary>
/// <remarks>
/// When there are 4,096 entries, or twice as many as the last sweep kept if that is more, <see cref="Add"/> drops the
/// entries for which <paramref name="applies"/> returns false. <paramref name="applies"/> must have no side effects. It
/// may always return true if the caller keeps the number of entries small.
/// </remarks>
internal sealed class TimeWatch<T>(Func<T, bool> applies)
{
    private const int SweepFrom = 4096;
    private readonly PriorityQueue<T, (long At, long Number)> heap = new();

    // Orders entries with equal times.
    private long number;
    private int sweepAt = SweepFrom;

    /// <summary>The number of entries, stale ones included.</summary>
    public int Count => heap.Count;

    /// <summary>The earliest time of an entry, stale or not; <see cref="long.MaxValue"/> when there is none.</summary>
    public long Next => heap.TryPeek(out _, out var first) ? first.At : long.MaxValue;

    public void Add(T entry, long at)
    {
        if (heap.Count >= sweepAt)
            Sweep();
        heap.Enqueue(entry, (at, number++));
    }

    /// <summary>Removes and returns the earliest entry, stale or not, if its time has come.</summary>
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
