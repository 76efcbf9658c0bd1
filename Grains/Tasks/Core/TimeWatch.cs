namespace OrleansTasks.Tasks;

/// <summary>
/// A queue of entries by time; of equal times, the first added is the first taken. An entry is a hint: the caller that takes it checks
/// whether it still applies, so no entry is ever searched for and removed. Entries that no longer apply are swept out when there are
/// 4,096, or twice what the last sweep kept if that is more.
/// </summary>
/// <param name="applies">Whether an entry must be kept. Called by <see cref="Add"/> for any entry; must not change anything.</param>
internal sealed class TimeWatch<T>(Func<T, bool> applies)
{
    private const int SweepFrom = 4096;
    private readonly PriorityQueue<T, (long At, long Number)> heap = new();
    private long number;
    private int sweepAt = SweepFrom;

    /// <summary>The earliest time, or <see cref="long.MaxValue"/>.</summary>
    public long Next => heap.TryPeek(out _, out var first) ? first.At : long.MaxValue;

    /// <summary>Adds an entry. The same one may be in the queue several times.</summary>
    public void Add(T entry, long at)
    {
        if (heap.Count >= sweepAt)
            Sweep();
        heap.Enqueue(entry, (at, number++));
    }

    /// <summary>Takes the next entry whose time has come, whether it applies or not; false when there is none.</summary>
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
