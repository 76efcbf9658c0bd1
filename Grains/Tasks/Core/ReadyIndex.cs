namespace OrleansTasks.Tasks;

/// <summary>
/// The queued tasks in matching order: by priority from 9 down, then by order, and apart by what they ask of a node.
/// While a partition is being recovered, tasks beyond the horizon wait, since tasks that come before them may not have
/// been read yet.
/// </summary>
internal sealed class ReadyIndex(TaskTable tasks)
{
    /// <summary>The highest priority.</summary>
    public const int HighestPriority = 9;

    private (int Priority, long Order)? horizon;

    /// <summary>What open tasks ask of nodes.</summary>
    public SignatureSet Signatures { get; } = new();

    /// <summary>Whether all waiting tasks of the partition have been read.</summary>
    public bool IsComplete => horizon is null;

    /// <summary>The last task that has been read, in matching order.</summary>
    public void SetHorizon(int priority, long order) => horizon = (priority, order);

    /// <summary>All waiting tasks have been read.</summary>
    public void ClearHorizon() => horizon = null;

    /// <summary>A task has become queued.</summary>
    public static void Push(in TaskSlot task, int slot)
    {
        (task.Signature.Ready[task.Priority] ??= new ReadyQueue()).Push(task.Order, slot);
        task.Signature.ReadyCount++;
    }

    /// <summary>A task leaves the queued state.</summary>
    public static void Leave(in TaskSlot task)
    {
        task.Signature.Ready[task.Priority]!.Leave();
        task.Signature.ReadyCount--;
    }

    /// <summary>The first task of a priority among some signatures; false when none may be given out yet.</summary>
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

    /// <summary>How many queued tasks come before one; an estimate where there are thousands.</summary>
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

    /// <summary>When the longest waiting of the first tasks was queued; null when none waits.</summary>
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
