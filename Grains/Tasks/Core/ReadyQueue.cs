namespace OrleansTasks.Tasks;

/// <summary>
/// The queued tasks of one priority and signature (what they ask of a node), by their order: a number that no other open task of
/// the partition has, whatever its queue. Nearly every task comes with a higher order than the one before it and costs 16 bytes in a
/// list of blocks. A task that is put back keeps its order and waits in a heap, unless the list is behind it.
/// </summary>
/// <remarks>
/// Tasks that leave are not searched for: their entries become stale and are dropped at the front. A task that is put back before
/// its stale entry was dropped has two entries, which count as one task in <see cref="Live"/> and become stale together.
/// </remarks>
internal sealed class ReadyQueue
{
    private const int BlockSize = 1024;
    private const int MostLookedAt = 4 * BlockSize;
    private readonly LinkedList<Entry[]> blocks = new();
    private readonly PriorityQueue<int, long> returned = new();

    /// <summary>The index of the first entry in the first block.</summary>
    private int head;

    /// <summary>The index behind the last entry in the last block; the block's size when the next entry needs a new block.</summary>
    private int tail = BlockSize;

    /// <summary>The highest order in the list so far.</summary>
    private long lastOrder;

    /// <summary>The number of tasks that are still queued.</summary>
    public int Live { get; private set; }

    private bool IsListEmpty => blocks.First is null || (blocks.First == blocks.Last && head == tail);

    /// <summary>Adds a task that has become queued.</summary>
    /// <param name="order">The task's order.</param>
    /// <param name="slot">The task's index in the task table.</param>
    public void Push(long order, int slot)
    {
        Live++;
        if (order < lastOrder)
        {
            returned.Enqueue(slot, order);
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
    /// Takes one task out: once for each <see cref="Push"/>, and its state must have changed before the next peek. Its entry
    /// stays until it reaches the front or the queue is empty.
    /// </summary>
    public void Leave()
    {
        if (--Live > 0)
            return;
        blocks.Clear();
        returned.Clear();
        head = 0;
        tail = BlockSize;
        lastOrder = 0;
    }

    /// <summary>Gets the first queued task without removing it, and drops stale entries before it; false when there is none.</summary>
    public bool TryPeek(TaskTable tasks, out long order, out int slot)
    {
        DropStale(tasks);
        var hasListed = !IsListEmpty;
        var listed = hasListed ? blocks.First!.Value[head] : default;
        if (returned.TryPeek(out slot, out order) && (!hasListed || order < listed.Order))
            return true;
        (order, slot) = (listed.Order, listed.Slot);
        return hasListed;
    }

    /// <summary>
    /// Counts the queued tasks before an order, which may be a task's of another queue. After 4,096 entries of the list it is a guess,
    /// mostly too high, as if every order from there on were in this queue.
    /// </summary>
    public long CountBefore(TaskTable tasks, long order)
    {
        var before = returned.UnorderedItems.LongCount(item => item.Priority < order && IsCurrent(tasks, item.Element, item.Priority));
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

    private void DropStale(TaskTable tasks)
    {
        while (returned.TryPeek(out var slot, out var order) && !IsCurrent(tasks, slot, order))
            returned.Dequeue();
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

    /// <summary>Whether an entry still stands for a queued task: the order tells it from a later task in the same slot.</summary>
    private static bool IsCurrent(TaskTable tasks, int slot, long order)
    {
        ref var task = ref tasks[slot];
        return task.Order == order && task.State == TaskState.Queued;
    }

    private readonly record struct Entry(long Order, int Slot);
}
