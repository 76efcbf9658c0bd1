namespace OrleansTasks.Tasks;

/// <summary>
/// The queued tasks and chunk runs in matching order: by priority from 9 down, then by order, a number that no other open task of the
/// partition has. Each <see cref="Signature"/> (what tasks ask of a node) has its own queues. A slot is a task's index in the
/// <see cref="TaskTable"/>, not a node's. While the waiting tasks are read in recovery, what is beyond the horizon waits, since tasks that
/// come before it may not have been read yet. Chunks of stored jobs are read after that; nothing waits for them.
/// </summary>
internal sealed class ReadyIndex(TaskTable tasks)
{
    /// <summary>The highest priority.</summary>
    public const int HighestPriority = 9;

    /// <summary>The last task in matching order that was read; null when all have been read.</summary>
    private (int Priority, long Order)? horizon;

    /// <summary>The signatures of all open tasks, queued or not.</summary>
    public SignatureSet Signatures { get; } = new();

    /// <summary>Whether all waiting tasks of the partition have been read; chunks of stored jobs may still be missing.</summary>
    public bool IsComplete => horizon is null;

    /// <summary>
    /// Says which task has been read last, in matching order. A priority above <see cref="HighestPriority"/> says that none has been.
    /// </summary>
    public void SetHorizon(int priority, long order) => horizon = (priority, order);

    /// <summary>All waiting tasks have been read.</summary>
    public void ClearHorizon() => horizon = null;

    /// <summary>A task has become queued; called once each time it does.</summary>
    public static void Push(in TaskSlot task, int slot)
    {
        (task.Signature.Ready[task.Priority] ??= new ReadyQueue()).Push(task.Order, slot);
        task.Signature.ReadyCount++;
    }

    /// <summary>
    /// A task leaves the queued state: once for each <see cref="Push"/>, with the same signature and priority. The caller changes the
    /// task's state before anything else is asked of the index.
    /// </summary>
    public static void Leave(in TaskSlot task)
    {
        task.Signature.Ready[task.Priority]!.Leave();
        task.Signature.ReadyCount--;
    }

    /// <summary>
    /// Gets the slot of the first task of a priority among some signatures; the task stays in the index. False when there is none, or when
    /// it is beyond the horizon; <paramref name="first"/> means nothing then.
    /// </summary>
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
    /// How many queued tasks come before one, of whatever signature; an estimate where there are thousands (see
    /// <see cref="ReadyQueue.CountBefore"/>).
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
    /// The earliest time, in Unix milliseconds, at which the first task of any signature and priority was queued; null when no task is
    /// queued. A task behind the first one may have been queued earlier.
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
