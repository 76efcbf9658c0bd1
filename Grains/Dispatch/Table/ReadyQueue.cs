using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// The queued tasks of one priority and <see cref="Signature"/>, lowest <see cref="TaskSlot.Order"/> first.
/// </summary>
/// <remarks>
/// Nearly every task arrives with a higher order than all before it and is appended to a list of blocks, with 16 bytes
/// per entry. A task with a lower order goes to a heap: it was put back, became due, or was read by recovery after
/// newer tasks were accepted. A task that leaves or is parked is not removed: its entry becomes stale and is dropped
/// once it is the first. A task put back before its stale entry was dropped has two entries, which count as one task in
/// <see cref="Live"/> and become stale together.
/// </remarks>
internal sealed class ReadyQueue
{
    private const int BlockSize = 1024;

    /// <summary>How many entries of the list <see cref="CountBefore"/> examines before it estimates.</summary>
    private const int MostLookedAt = 4 * BlockSize;

    /// <summary>All blocks are full, except that the first begins at head and the last ends at tail.</summary>
    private readonly LinkedList<Entry[]> blocks = new();

    /// <summary>Table slots, by order, of the tasks that arrived below <see cref="lastOrder"/>.</summary>
    private readonly PriorityQueue<int, long> outOfOrder = new();

    private int head;

    /// <summary>
    /// One past the last entry of the last block; the block size if the next entry needs a new block.
    /// </summary>
    private int tail = BlockSize;

    /// <summary>The highest order in the list since the queue was last empty.</summary>
    private long lastOrder;

    public int Live { get; private set; }

    private bool IsListEmpty => blocks.First is null || (blocks.First == blocks.Last && head == tail);

    public void Push(long order, int slot)
    {
        Live++;
        if (order < lastOrder)
        {
            outOfOrder.Enqueue(slot, order);
            return;
        }

        lastOrder = order;
        if (tail == BlockSize)
        {
            blocks.AddLast(new Entry[BlockSize]);
            tail = 0;
        }

        blocks.Last!.Value[tail++] = new Entry(order, slot);
    }

    /// <summary>
    /// Stops counting one task. Call it once for each <see cref="Push"/>, and change the task's state before the next
    /// peek.
    /// </summary>
    public void Leave()
    {
        if (--Live > 0)
            return;
        blocks.Clear();
        outOfOrder.Clear();
        head = 0;
        tail = BlockSize;
        lastOrder = 0;
    }

    /// <summary>Finds the first queued task without removing it, and drops the stale entries before it.</summary>
    public bool TryPeek(TaskTable tasks, out long order, out int slot)
    {
        DropStale(tasks);
        var hasListed = !IsListEmpty;
        var listed = hasListed ? blocks.First!.Value[head] : default;
        if (outOfOrder.TryPeek(out slot, out order) && (!hasListed || order < listed.Order))
            return true;
        (order, slot) = (listed.Order, listed.Slot);
        return hasListed;
    }

    /// <summary>
    /// Counts the queued tasks with an order below a given one, which may be of a task in another ready queue. Examines
    /// up to 4,096 entries of the heap, and scales that count to the whole heap. Then examines up to 4,096 entries of the
    /// list, and assumes that every further order up to the given one belongs to a task here, which is usually too high
    /// but stays below <see cref="Live"/>. A task with two entries counts twice.
    /// </summary>
    public long CountBefore(TaskTable tasks, long order)
    {
        long before = outOfOrder.UnorderedItems.Take(MostLookedAt)
            .Count(item => item.Priority < order && IsCurrent(tasks, item.Element, item.Priority));
        if (outOfOrder.Count > MostLookedAt)
            before = before * outOfOrder.Count / MostLookedAt;
        var looked = 0;
        for (var block = blocks.First; block is not null; block = block.Next)
        {
            var from = block == blocks.First ? head : 0;
            var to = block == blocks.Last ? tail : BlockSize;
            for (var i = from; i < to; i++)
            {
                var entry = block.Value[i];
                if (entry.Order >= order)
                    return before;
                if (++looked > MostLookedAt)
                    return Math.Min(Live - 1, before + (order - entry.Order));
                if (IsCurrent(tasks, entry.Slot, entry.Order))
                    before++;
            }
        }

        return before;
    }

    /// <summary>
    /// Finds the task of the list's n-th entry, counted from 0. Returns false if the list is shorter or the entry stale.
    /// </summary>
    public bool TryAt(TaskTable tasks, long index, out int slot)
    {
        slot = -1;
        var at = head + index;
        var block = blocks.First;
        for (; block is not null && at >= BlockSize; at -= BlockSize)
            block = block.Next;
        if (block is null || (block == blocks.Last && at >= tail))
            return false;
        var entry = block.Value[at];
        slot = entry.Slot;
        return IsCurrent(tasks, entry.Slot, entry.Order);
    }

    private void DropStale(TaskTable tasks)
    {
        while (outOfOrder.TryPeek(out var slot, out var order) && !IsCurrent(tasks, slot, order))
            outOfOrder.Dequeue();
        while (!IsListEmpty)
        {
            var entry = blocks.First!.Value[head];
            if (IsCurrent(tasks, entry.Slot, entry.Order))
                return;
            if (++head < BlockSize)
                continue;
            head = 0;
            blocks.RemoveFirst();
            if (blocks.First is null)
                tail = BlockSize;
        }
    }

    /// <summary>
    /// Returns whether an entry still represents a queued task that is not parked. The order decides: the slot may be
    /// free or reused, but no other open task has the same order.
    /// </summary>
    private static bool IsCurrent(TaskTable tasks, int slot, long order)
    {
        ref var task = ref tasks[slot];
        return task.Order == order && task.State == TaskState.Queued && !task.IsParked;
    }

    private readonly record struct Entry(long Order, int Slot);
}
