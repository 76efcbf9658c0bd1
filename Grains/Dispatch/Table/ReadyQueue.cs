using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// The queued tasks of one priority and one <see cref="Signature"/> (what they ask of a node), lowest
/// <see cref="TaskSlot.Order"/> first. The order is a number that no other open task of the queue has.
/// <see cref="ReadyIndex"/> has one of these for each signature and priority in use. A slot is a task's index in the
/// <see cref="TaskTable"/>, not a slot of a node.
/// </summary>
/// <remarks>
/// Nearly every task comes with a higher order than all before it. Such a task is appended to a list of blocks, as an
/// entry of 16 bytes. A task with a lower order goes to a heap: one that was put back, that became due, or that
/// recovery has read after newer tasks were accepted.
/// Tasks that leave, or are held back by their concurrency key later, are not searched for: their entries become stale and are dropped when they reach the front.
/// A task that is put back before its stale entry was dropped has two entries, which count as one task in
/// <see cref="Live"/> and become stale together.
/// </remarks>
internal sealed class ReadyQueue
{
    /// <summary>The number of entries in a block.</summary>
    private const int BlockSize = 1024;

    /// <summary>How many entries of the list <see cref="CountBefore"/> looks at before it estimates.</summary>
    private const int MostLookedAt = 4 * BlockSize;

    /// <summary>
    /// The list. Every block is full but the first, which begins at head, and the last, which ends at tail.
    /// </summary>
    private readonly LinkedList<Entry[]> blocks = new();

    /// <summary>
    /// The tasks that came with a lower order than <see cref="lastOrder"/>: slots of the task table, by order.
    /// </summary>
    private readonly PriorityQueue<int, long> outOfOrder = new();

    /// <summary>The index of the first entry in the first block.</summary>
    private int head;

    /// <summary>
    /// The index behind the last entry in the last block; the block's size when the next entry needs a new block.
    /// </summary>
    private int tail = BlockSize;

    /// <summary>
    /// The highest order that was appended to the list since the queue was last empty; 0 before the first.
    /// </summary>
    private long lastOrder;

    /// <summary>How many tasks are queued, stale entries not counted.</summary>
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
    /// One task has left the queued state; which one does not matter here. Called once for each <see cref="Push"/>.
    /// The task's entry stays until it reaches the front or the queue is empty, and is stale once the task's state has
    /// changed, which must happen before the next <see cref="TryPeek"/>.
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

    /// <summary>
    /// Finds the first queued task without taking it out; drops the stale entries before it.
    /// False when no task is queued.
    /// </summary>
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
    /// Counts the queued tasks with a lower order than <paramref name="order"/>, which may be the order of a task in
    /// another queue, to tell a user how many tasks come before. Counts the heap and up to 4,096 entries of the list; a
    /// task with two entries counts twice. Beyond these entries it estimates, as if every number up to the order were a
    /// task of this queue; that is mostly too high, but less than <see cref="Live"/>.
    /// </summary>
    public long CountBefore(TaskTable tasks, long order)
    {
        var before = outOfOrder.UnorderedItems.LongCount(item => item.Priority < order && IsCurrent(tasks, item.Element, item.Priority));
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
    /// Whether an entry still stands for a ready task: queued, and not held back by its concurrency key. The slot may be free or another task's by now, which the order
    /// shows: no other open task has the same.
    /// </summary>
    private static bool IsCurrent(TaskTable tasks, int slot, long order)
    {
        ref var task = ref tasks[slot];
        return task.Order == order && task.State == TaskState.Queued && !task.IsParked;
    }

    /// <summary>A task in the list: its order, and its slot in the task table.</summary>
    private readonly record struct Entry(long Order, int Slot);
}
