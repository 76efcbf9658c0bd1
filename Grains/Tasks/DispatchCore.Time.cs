namespace OrleansTasks.Tasks;

internal sealed partial class DispatchCore
{
    private TimeWatch<TaskTime>? taskTimes;
    private TimeWatch<DispatchNode>? leaseTimes;

    private TimeWatch<TaskTime> TaskTimes => taskTimes ??= new TimeWatch<TaskTime>(Applies);

    private TimeWatch<DispatchNode> LeaseTimes => leaseTimes ??= new TimeWatch<DispatchNode>(static _ => true);

    /// <summary>When something happens next by itself; <see cref="long.MaxValue"/> when nothing does.</summary>
    public long NextTime => Math.Min(Math.Min(demandsDue, RestsUntil), Math.Min(TaskTimes.Next, LeaseTimes.Next));

    /// <summary>Lets everything happen whose time has come.</summary>
    public void Tick(long now, CommitDraft draft)
    {
        while (TaskTimes.TryTake(now, out var entry))
        {
            if (Applies(entry))
                TaskTimeCame(entry, now, draft);
        }

        while (LeaseTimes.TryTake(now, out var node))
            LeaseTimeCame(node, now, draft);
        EndRests(now);
    }

    private void WatchTimes(ref TaskSlot task, int slot)
    {
        if (task.State == TaskState.Scheduled)
            TaskTimes.Add(new TaskTime(slot, task.Order, IsExpiry: false), task.DueAt);
        if (task.ExpiresAt == 0 || task.Attempt > 0 || task.ExpiryIsWatched)
            return;
        task.ExpiryIsWatched = true;
        TaskTimes.Add(new TaskTime(slot, task.Order, IsExpiry: true), task.ExpiresAt);
    }

    private bool Applies(TaskTime entry)
    {
        ref var task = ref tasks[entry.Slot];
        return task.Order == entry.Order && (entry.IsExpiry || task.State == TaskState.Scheduled);
    }

    private void TaskTimeCame(TaskTime entry, long now, CommitDraft draft)
    {
        ref var task = ref tasks[entry.Slot];
        if (entry.IsExpiry)
            task.ExpiryIsWatched = false;
        if (task.Attempt == 0 && task.ExpiresAt != 0 && task.ExpiresAt <= now)
            Expire(ref task, entry.Slot, now, draft);
        else if (task.State == TaskState.Scheduled && task.DueAt <= now)
        {
            Move(ref task, TaskTrigger.BecomeDue);
            task.QueuedAt = now;
            PushReady(ref task, entry.Slot);
            Write(draft, ref task);
        }
    }

    private void Expire(ref TaskSlot task, int slot, long now, CommitDraft draft)
    {
        Move(ref task, TaskTrigger.Expire);
        var write = Write(draft, ref task);
        write.Row = write.Row with { EndedAt = now, Reason = EndReason.Expired };
        write.DropSecrets = task.HadSecrets;
        Forget(ref task, slot);
    }

    private void WatchLeases(DispatchNode node, long at)
    {
        if (node.HasLeaseCheck)
            return;
        node.HasLeaseCheck = true;
        LeaseTimes.Add(node, at);
    }

    private static long LapsesAt(DispatchNode node, Lease held) =>
        held.IsCurrent ? node.RenewedUntil : held.ExpiresAt;

    private void LeaseTimeCame(DispatchNode node, long now, CommitDraft draft)
    {
        node.HasLeaseCheck = false;
        var next = long.MaxValue;
        foreach (var held in node.Leases.Values.ToArray())
        {
            var lapses = LapsesAt(node, held);
            if (lapses > now)
            {
                next = Math.Min(next, lapses);
                continue;
            }

            if (held.Session == node.Session)
                node.SessionOver = node.Session;
            LoseNode(held, now, draft);
        }

        Rank(node);

        if (node.Leases.Count > 0)
            WatchLeases(node, next);
    }

    private readonly record struct TaskTime(int Slot, long Order, bool IsExpiry);
}
