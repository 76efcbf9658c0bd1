
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
    public long? WaitingSince(Signature signature)
    {
        long? oldest = null;
        foreach (var ready in signature.Ready)
        {
            if (ready is { Live: > 0 } && ready.TryPeek(tasks, out _, out var slot))
                oldest = Math.Min(oldest ?? long.MaxValue, tasks[slot].QueuedAt);
        }

        return oldest;
    }

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
