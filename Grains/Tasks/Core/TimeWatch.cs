namespace OrleansTasks.Tasks;

/// <summary>
/// A queue of entries by time. An entry is a hint: the caller that takes it checks whether it still applies, so no entry is
/// ever searched for and removed. When most entries no longer apply, they are swept out.
/// </summary>
internal sealed class TimeWatch<T>(Func<T, bool> applies)
{
    private const int SweepFrom = 4096;
    private readonly PriorityQueue<T, (long At, long Number)> heap = new();
    private long number;
    private int sweepAt = SweepFrom;

    /// <summary>The earliest time, or <see cref="long.MaxValue"/>.</summary>
    public long Next => heap.TryPeek(out _, out var first) ? first.At : long.MaxValue;

    public void Add(T entry, long at)
    {
        if (heap.Count >= sweepAt)
            Sweep();
        heap.Enqueue(entry, (at, number++));
    }

    /// <summary>Takes the next entry whose time has come.</summary>
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
