using OrleansTasks.Feed;
using OrleansTasks.Queues;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// The rules of one partition, without I/O, clock or threads: what an operation changes, which task goes to which node, what
/// happens when time passes. It is always what the store has plus the draft that is being committed. Not safe for use from
/// several threads. Times are Unix milliseconds.
/// </summary>
internal sealed partial class DispatchCore(PartitionKey partition, long epoch, long lastNo, DispatchOptions options, IRandomness random)
{
    private readonly TaskTable tasks = new();
    private readonly SignatureSet signatures = new();
    private readonly Dictionary<string, DispatchNode> nodes = new(StringComparer.Ordinal);
    private readonly long lease = (long)options.Lease.TotalMilliseconds;
    private readonly long heartbeat = (long)options.Heartbeat.TotalMilliseconds;
    private int scheduled;
    private int queued;
    private int leased;

    public PartitionKey Partition => partition;

    public long Epoch => epoch;

    /// <summary>The largest number given to a task or a place in the order.</summary>
    public long LastNo { get; private set; } = lastNo;

    public int OpenCount => tasks.Count;

    public PartitionStatus Status => new(partition, scheduled, queued, leased, OldestQueuedAt());

    /// <summary>Takes a stored open task in, when the partition is recovered; its lease gets a full new term.</summary>
    public void Load(in OpenTask stored, long now)
    {
        var row = stored.Row;
        if (tasks.TryFind(row.Id, out _))
            return;
        var slot = tasks.Add(row.Id);
        ref var task = ref tasks[slot];
        task.No = row.No;
        task.Order = row.Order;
        task.DueAt = row.Attempt > 0 ? Math.Min(row.DueAt, now + stored.Retry.MaxBackoff) : row.DueAt;
        task.ExpiresAt = stored.ExpiresAt;
        task.QueuedAt = row.QueuedAt;
        task.Signature = signatures.Acquire(stored.Requires, stored.Limits);
        task.Policy = stored.Retry;
        task.Attempt = row.Attempt;
        task.Failures = (byte)row.Failures;
        task.NodeLosses = (byte)row.NodeLosses;
        task.Priority = stored.Priority;
        task.HadSecrets = stored.HadSecrets;
        task.State = row.State;
        Count(row.State, 1);
        if (row.State.IsLeased())
            LoadLease(ref task, slot, row, now);
        else if (row.Attempt > 0)
            task.Detail = new LastAttempt(row.Token, row.Node, row.Reason, row.ExitCode, row.Signal, row.StartedAt);
        if (row.State == TaskState.Queued)
            PushReady(ref task, slot);
        WatchTimes(ref task, slot);
    }

    private void LoadLease(ref TaskSlot task, int slot, in TaskRow row, long now)
    {
        var node = Node(row.Node ?? "");
        node.EnterSession(row.NodeSession);
        var held = new Lease(slot, row.Token, node)
        {
            AssignedAt = now,
            SentAt = now,
            StartedAt = row.StartedAt,
            CancelRequestedAt = row.CancelRequestedAt,
            ExpiresAt = now + lease,
            Session = row.NodeSession,
        };
        task.Detail = held;
        node.Leases.Add(row.Token, held);
        WatchLeases(node, held.ExpiresAt);
    }

    private DispatchNode Node(string id)
    {
        if (!nodes.TryGetValue(id, out var node))
            nodes.Add(id, node = new DispatchNode(id));
        return node;
    }

    /// <summary>Moves a task along the table and keeps the counts; the caller fills in what the new state needs.</summary>
    private void Move(ref TaskSlot task, TaskTrigger trigger)
    {
        var next = TaskTransitions.Next(task.State, trigger);
        if (task.State == TaskState.Queued)
            LeaveReady(ref task);
        Count(task.State, -1);
        task.State = next;
        Count(next, 1);
    }

    private void Count(TaskState state, int by)
    {
        switch (state)
        {
            case TaskState.Scheduled:
                scheduled += by;
                break;
            case TaskState.Queued:
                queued += by;
                break;
            case TaskState.Assigned or TaskState.Running:
                leased += by;
                break;
        }
    }

    private static void PushReady(ref TaskSlot task, int slot)
    {
        (task.Signature.Ready[task.Priority] ??= new ReadyQueue()).Push(task.Order, slot);
        task.Signature.ReadyCount++;
    }

    private static void LeaveReady(ref TaskSlot task)
    {
        task.Signature.Ready[task.Priority]!.Leave();
        task.Signature.ReadyCount--;
    }

    /// <summary>Records the task's new state in the draft: its row, and an event when the state changed.</summary>
    private TaskWrite Write(CommitDraft draft, ref TaskSlot task, bool changed = true)
    {
        var row = Row(in task);
        // A chunk's way is written nowhere: only that it is there and how it ended.
        if (task.Chunk is not null)
            return new TaskWrite { Row = row };
        var write = draft.Find(task.No);
        if (write is null)
            write = draft.Add(new TaskWrite { Row = row });
        else
            write.Row = row;
        if (changed)
            draft.Events.Add(new FeedEntry(task.Id, task.State, task.Attempt));
        return write;
    }

    private static TaskRow Row(in TaskSlot task)
    {
        var row = new TaskRow
        {
            No = task.No,
            Id = task.Id,
            State = task.State,
            Order = task.Order,
            Attempt = task.Attempt,
            Failures = task.Failures,
            NodeLosses = task.NodeLosses,
            DueAt = task.State == TaskState.Scheduled ? task.DueAt : 0,
            QueuedAt = task.QueuedAt,
        };
        return task.Detail switch
        {
            Lease held => row with
            {
                Token = held.Token,
                Node = held.Node.Id,
                NodeSession = held.Session,
                StartedAt = held.StartedAt,
                CancelRequestedAt = held.CancelRequestedAt,
            },
            LastAttempt last => row with
            {
                Token = last.Token,
                Node = last.Node,
                StartedAt = last.StartedAt,
                Reason = last.Reason,
                ExitCode = last.ExitCode,
                Signal = last.Signal,
            },
            _ => row,
        };
    }

    /// <summary>Takes an ended task out of memory; its final row is in the draft.</summary>
    private void Forget(ref TaskSlot task, int slot)
    {
        if (task.Chunk is { } chunk)
            (chunk.IsSecond ? chunk.Job.Seconds : chunk.Job.Open).Remove(chunk.Plan.No);
        signatures.Release(task.Signature);
        tasks.Remove(slot);
    }

    private long? OldestQueuedAt()
    {
        long? oldest = null;
        foreach (var signature in signatures.All)
        {
            foreach (var ready in signature.Ready)
            {
                if (ready is { Live: > 0 } && ready.TryPeek(tasks, out _, out var slot))
                    oldest = Math.Min(oldest ?? long.MaxValue, tasks[slot].QueuedAt);
            }
        }

        return oldest;
    }
}
