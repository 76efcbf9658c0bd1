
namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// Finds the queued task that is to be given to a node next; "task" includes the runs of data jobs' chunks. Matching
/// order is by priority from 9 down, then by <see cref="TaskSlot.Order"/>, lowest first. <see cref="OpenTasks"/>
/// updates the index at every change of a task's state, and <see cref="Matching"/> assigns the first task again and
/// again. Each <see cref="Signature"/> (what tasks ask of a node) has a queue for each priority, so that all tasks that
/// no node with room can run are passed over at once. A slot is a task's index in the <see cref="TaskTable"/>, not a
/// slot of a node.
/// </summary>
/// <remarks>
/// The horizon: after a restart, recovery reads the stored tasks page by page, in matching order, while the queue
/// already works. A queued task that comes after the last task read is beyond the horizon and waits, since a stored
/// task that comes before it may not have been read yet. Chunks are read after all tasks; nothing waits for them.
/// </remarks>
internal sealed class ReadyIndex(TaskTable tasks)
{
    /// <summary>The priority that goes first; the lowest one is 0.</summary>
    public const int HighestPriority = 9;

    /// <summary>The last task that recovery has read, in matching order; null when all have been read.</summary>
    private (int Priority, long Order)? horizon;

    /// <summary>The signatures of all open tasks, queued or not.</summary>
    public SignatureSet Signatures { get; } = new();

    /// <summary>Whether recovery has read all waiting tasks. Chunks of stored jobs may still be missing.</summary>
    public bool IsComplete => horizon is null;

    /// <summary>
    /// Sets the horizon to the task that recovery has read last. A priority above <see cref="HighestPriority"/> means
    /// that none has been read: every queued task waits.
    /// </summary>
    public void SetHorizon(int priority, long order) => horizon = (priority, order);

    /// <summary>Removes the horizon, because recovery has read all waiting tasks.</summary>
    public void ClearHorizon() => horizon = null;

    /// <summary>Adds a task. Called once each time a task becomes queued.</summary>
    public static void Push(in TaskSlot task, int slot)
    {
        (task.Signature.Ready[task.Priority] ??= new ReadyQueue()).Push(task.Order, slot);
        task.Signature.ReadyCount++;
    }

    /// <summary>
    /// Takes out a task that leaves the queued state. Called once for each <see cref="Push"/>, with the same signature
    /// and priority. The queue keeps the task's entry and later drops it, because the task's state shows that the entry
    /// is stale (<see cref="ReadyQueue"/>). So the caller changes the state before it asks the index for anything.
    /// </summary>
    public static void Leave(in TaskSlot task)
    {
        task.Signature.Ready[task.Priority]!.Leave();
        task.Signature.ReadyCount--;
    }

    /// <summary>
    /// Finds the first task of a priority among some signatures. The task stays in the index until <see cref="Leave"/>.
    /// False when there is no such task, or when the first one is beyond the horizon, as all later ones then are.
    /// </summary>
    /// <param name="among">The signatures to look at: those for which a node with room was found.</param>
    /// <param name="priority">The priority, 0 to 9.</param>
    /// <param name="first">The task's slot in the task table; means nothing when the result is false.</param>
    public bool TryFirst(List<Signature> among, int priority, out int first)
    {
        first = -1;
        var best = long.MaxValue;
        foreach (var signature in among)
        {
            if (signature.Ready[priority] is not { Live: > 0 } ready)
                continue;
            if (ready.TryPeek(tasks, out var order, out var slot) && order < best)
                (best, first) = (order, slot);
        }

        return first >= 0 && IsWithinHorizon(priority, best);
    }

    /// <summary>
    /// How many queued tasks of all signatures come before a task, to tell a user why the task waits. An estimate when
    /// there are thousands (<see cref="ReadyQueue.CountBefore"/>); tasks that recovery has not read yet are missing.
    /// </summary>
    public long CountAhead(in TaskSlot task)
    {
        var ahead = 0L;
        foreach (var signature in Signatures.All)
        {
            for (var priority = task.Priority + 1; priority < signature.Ready.Length; priority++)
                ahead += signature.Ready[priority]?.Live ?? 0;
            ahead += signature.Ready[task.Priority]?.CountBefore(tasks, task.Order) ?? 0;
        }

        return ahead;
    }

    /// <summary>
    /// Roughly since when the longest waiting task waits, in Unix milliseconds, for the queue's status; null when
    /// no task is queued. Looks only at the first task of each signature and priority. A task that was put back keeps
    /// its place with a new time, so a task behind it may have waited longer.
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

    private bool IsWithinHorizon(int priority, long order) =>
        horizon is not { } last || priority > last.Priority || (priority == last.Priority && order <= last.Order);
}
