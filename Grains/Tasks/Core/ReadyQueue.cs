namespace OrleansTasks.Tasks;

/// <summary>
/// The queued tasks of one priority and signature, in order. Nearly every task arrives in order and costs 16 bytes in a
/// list of segments. A task that returns to an earlier place waits in a heap. The entry of a task that has left the queue
/// is dropped when it reaches the front.
/// </summary>
internal sealed class ReadyQueue
{
    private const int SegmentSize = 1024;
    private readonly LinkedList<Entry[]> segments = new();
    private readonly PriorityQueue<int, long> early = new();
    private int head;
    private int tail = SegmentSize;
    private long lastOrder;

    /// <summary>The number of tasks that are still queued.</summary>
    public int Live { get; private set; }

    private bool IsListEmpty => segments.First is null || (segments.First == segments.Last && head == tail);

    public void Push(long order, int slot)
    {
        Live++;
        if (order < lastOrder)
        {
            early.Enqueue(slot, order);
            return;
        }

        lastOrder = order;
        if (tail == SegmentSize)
        {
            segments.AddLast(new Entry[SegmentSize]);
            tail = 0;
        }

        segments.Last!.Value[tail++] = new Entry(order, slot);
    }

    /// <summary>Counts a task that has left the queued state; its entry stays until it reaches the front.</summary>
    public void Leave()
    {
        if (--Live > 0)
            return;
        segments.Clear();
        early.Clear();
        head = 0;
        tail = SegmentSize;
        lastOrder = 0;
    }

    /// <summary>Gets the first queued task without removing it; false when there is none.</summary>
    public bool TryPeek(TaskTable tasks, out long order, out int slot)
    {
        DropLeft(tasks);
        var hasListed = !IsListEmpty;
        var listed = hasListed ? segments.First!.Value[head] : default;
        if (early.TryPeek(out slot, out order) && (!hasListed || order < listed.Order))
            return true;
        (order, slot) = (listed.Order, listed.Slot);
        return hasListed;
    }

    /// <summary>Counts the queued tasks before a place; an estimate beyond the first 4,096.</summary>
    public long CountBefore(TaskTable tasks, long order)
    {
        var before = early.UnorderedItems.LongCount(item => item.Priority < order && IsReady(tasks, item.Element, item.Priority));
        var looked = 0;
        for (var segment = segments.First; segment is not null; segment = segment.Next)
        {
            var from = segment == segments.First ? head : 0;
            var to = segment == segments.Last ? tail : SegmentSize;
            for (var i = from; i < to; i++)
            {
                var entry = segment.Value[i];
                if (entry.Order >= order)
                    return before;
                if (++looked > 4 * SegmentSize)
                    return Math.Min(Live - 1, before + (order - entry.Order));
                if (IsReady(tasks, entry.Slot, entry.Order))
                    before++;
            }
        }

        return before;
    }

    private void DropLeft(TaskTable tasks)
    {
        while (early.TryPeek(out var slot, out var order) && !IsReady(tasks, slot, order))
            early.Dequeue();
        while (!IsListEmpty)
        {
            var entry = segments.First!.Value[head];
            if (IsReady(tasks, entry.Slot, entry.Order))
                return;
            if (++head < SegmentSize)
                continue;
            head = 0;
            segments.RemoveFirst();
            if (segments.First is null)
                tail = SegmentSize;
        }
    }

    private static bool IsReady(TaskTable tasks, int slot, long order)
    {
        ref var task = ref tasks[slot];
        return task.Order == order && task.State == TaskState.Queued;
    }

    private readonly record struct Entry(long Order, int Slot);
}
