using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// Finds the queued task or chunk run to assign next. Matching order is by priority, from 9 down, then by
/// <see cref="TaskSlot.Order"/>, lowest first. Each <see cref="Signature"/> has one queue per priority, so
/// <see cref="Matching"/> can skip at once all tasks that no node with room can run.
/// </summary>
/// <remarks>
/// The horizon: after a restart, recovery reads stored tasks in matching order, page by page, while the queue works. A
/// queued task after the last one read is beyond the horizon and waits, because a stored task that comes before it may
/// be unread. Chunks are read after all tasks; nothing waits for them.
/// </remarks>
internal sealed class ReadyIndex(TaskTable tasks)
{
    public const int HighestPriority = 9;

    /// <summary>The last task that recovery has read, in matching order; null when it has read all.</summary>
    private (int Priority, long Order)? horizon;

    // Milliseconds by which the clock was set back since tasks here were queued, less those it was set forward again.
    private long setBack;

    public SignatureSet Signatures { get; } = new();

    /// <summary>Whether recovery has read all waiting tasks. Chunks of stored jobs may still be missing.</summary>
    public bool IsComplete => horizon is null;

    /// <summary>
    /// Sets the last task read. A priority above <see cref="HighestPriority"/> means that none has been read.
    /// </summary>
    public void SetHorizon(int priority, long order) => horizon = (priority, order);

    public void ClearHorizon() => horizon = null;

    /// <summary>Adds a task. Call it once each time the task becomes queued.</summary>
    public static void Push(in TaskSlot task, int slot)
    {
        (task.Signature.Ready[task.Priority] ??= new ReadyQueue()).Push(task.Order, slot);
        task.Signature.ReadyCount++;
    }

    /// <summary>
    /// Stops counting a task. Call it once for each <see cref="Push"/>, with the same signature and priority. The entry
    /// becomes stale when the task's state changes, so change the state before the next query.
    /// </summary>
    public static void Leave(in TaskSlot task)
    {
        task.Signature.Ready[task.Priority]!.Leave();
        task.Signature.ReadyCount--;
    }

    /// <summary>
    /// Finds the first task of a signature and priority, and its order, and leaves it in the index. Returns false when
    /// there is none within the horizon.
    /// </summary>
    public bool TryFirst(Signature signature, int priority, out int slot, out long order)
    {
        (slot, order) = (-1, 0);
        return signature.Ready[priority] is { Live: > 0 } ready && ready.TryPeek(tasks, out order, out slot)
            && IsWithinHorizon(priority, order);
    }

    /// <summary>
    /// Returns how many queued tasks come before a task, to show users why it waits. The number is an estimate if there
    /// are thousands (<see cref="ReadyQueue.CountBefore"/>), and excludes tasks that recovery has not read.
    /// </summary>
    public long CountAhead(in TaskSlot task)
    {
        var ahead = 0L;
        foreach (var signature in Signatures.All)
            ahead += CountAhead(signature, in task);
        return ahead;
    }

    /// <summary>
    /// Returns how many queued tasks of the same signature come before a task, as <see cref="CountAhead(in TaskSlot)"/>
    /// counts.
    /// </summary>
    public long CountAheadAlike(in TaskSlot task) => CountAhead(task.Signature, in task);

    /// <summary>
    /// Finds the ready task, chunk runs apart, at a fraction of all, from 0 to 1, as a sample. Returns false if there is
    /// none, or not there.
    /// </summary>
    public bool TryPick(double fraction, out int slot)
    {
        slot = -1;
        var left = (long)(fraction * Signatures.All.Sum(static signature => signature.IsOfChunks ? 0 : signature.ReadyCount));
        foreach (var signature in Signatures.All)
        {
            if (signature.IsOfChunks)
                continue;
            foreach (var ready in signature.Ready)
            {
                if (ready is null)
                    continue;
                if (left < ready.Live)
                    return ready.TryAt(tasks, left, out slot);
                left -= ready.Live;
            }
        }

        return false;
    }

    /// <summary>
    /// Returns roughly when the longest-waiting task was queued, or null if none is queued. Looks only at the first
    /// task of each signature and priority: a task that was put back has a new time in its old place, so a task behind
    /// it may have waited longer.
    /// </summary>
    public long? OldestQueuedAt()
    {
        long? oldest = null;
        foreach (var signature in Signatures.All)
        {
            foreach (var ready in signature.Ready)
            {
                if (ready is { Live: > 0 } && ready.TryPeek(tasks, out _, out var slot))
                    oldest = Math.Min(oldest ?? long.MaxValue, tasks[slot].QueuedAt);
            }
        }

        return oldest;
    }

    /// <summary>
    /// Returns roughly since when the longest-waiting task of a signature has been ready, as
    /// <see cref="OldestQueuedAt"/> does; null if none is.
    /// </summary>
    public long? WaitingSince(Signature signature) => WaitingSince(signature, long.MaxValue);

    /// <summary>
    /// Like <see cref="WaitingSince(Signature)"/>, for callers that measure the elapsed time. A task with a time after
    /// <paramref name="now"/> became ready before the clock was set back.
    /// </summary>
    public long? WaitingSince(Signature signature, long now)
    {
        long? oldest = null;
        foreach (var ready in signature.Ready)
        {
            if (ready is not { Live: > 0 } || !ready.TryPeek(tasks, out _, out var slot))
                continue;
            var since = tasks[slot].QueuedAt;
            if (since > now)
                since = Math.Min(now, since - setBack);
            oldest = Math.Min(oldest ?? long.MaxValue, since);
        }

        return oldest;
    }

    /// <summary>
    /// Notes that a stored task was queued. If that was after <paramref name="now"/>, the clock has been set back
    /// since, perhaps while another owner had the queue: the task then counts as queued now.
    /// </summary>
    public void NoteStored(long queuedAt, long now) => setBack = Math.Max(setBack, queuedAt - now);

    /// <summary>Notes that the clock was set forward by a number of milliseconds (negative: back).</summary>
    public void ClockStepped(long by) => setBack = Math.Max(0, setBack - by);

    private long CountAhead(Signature signature, in TaskSlot task)
    {
        var ahead = signature.Ready[task.Priority]?.CountBefore(tasks, task.Order) ?? 0;
        for (var priority = task.Priority + 1; priority < signature.Ready.Length; priority++)
            ahead += signature.Ready[priority]?.Live ?? 0;
        return ahead;
    }

    private bool IsWithinHorizon(int priority, long order) =>
        horizon is not { } last || priority > last.Priority || (priority == last.Priority && order <= last.Order);
}

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
