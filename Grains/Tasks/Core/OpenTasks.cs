using OrleansTasks.Feed;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// The open tasks of a partition. Every change of a task's state goes through this type, so that the ready index, the
/// times, the counts and the draft of the commit agree with the states. <see cref="TaskTransitions"/> has the state
/// machine.
/// </summary>
internal sealed class OpenTasks
{
    private readonly TaskTable table = new();
    private readonly RetryPolicies policies = new();
    private TaskCounts counts;

    /// <param name="lastNo">The largest number that the partition has given so far.</param>
    public OpenTasks(long lastNo)
    {
        LastNo = lastNo;
        Ready = new ReadyIndex(table);
        Times = new TaskTimes(table);
    }

    public ReadyIndex Ready { get; }

    public TaskTimes Times { get; }

    public TaskCounts Counts => counts;

    public int Count => table.Count;

    /// <summary>The largest number given to a task or a place in the order.</summary>
    public long LastNo { get; private set; }

    /// <summary>The slot of every open task, in no order that may decide anything.</summary>
    public IEnumerable<int> Slots => table.Slots;

    public ref TaskSlot this[int slot] => ref table[slot];

    public bool TryFind(TaskId id, out int slot) => table.TryFind(id, out slot);

    /// <summary>A new number in the partition.</summary>
    public long NextNo() => ++LastNo;

    /// <summary>Takes a new task in and adds its write to the draft.</summary>
    public void Accept(TaskSubmission submission, TaskId? batch, long now, CommitDraft draft)
    {
        var slot = table.Add(submission.Id, NextNo());
        ref var task = ref table[slot];
        task.Order = task.No;
        task.ExpiresAt = submission.ExpiresAt;
        task.Signature = Ready.Signatures.Acquire(submission.Requires, submission.Limits);
        task.Policy = policies.Share(submission.Retry);
        task.Priority = submission.Priority;
        task.HadSecrets = !submission.SecretEnv.IsEmpty;
        if (submission.RunAt > now)
        {
            task.State = TaskState.Scheduled;
            task.DueAt = submission.RunAt;
        }
        else
        {
            task.State = TaskState.Queued;
            task.QueuedAt = now;
        }

        Enter(ref task, slot);
        draft.Add(new TaskWrite { Row = task.ToRow(), New = submission, Batch = batch });
        draft.Events.Add(new FeedEntry(task.Id, task.State, 0));
    }

    /// <summary>
    /// Takes a stored open task in; the caller gives a leased one its lease. False when it is there already.
    /// </summary>
    public bool TryLoad(in OpenTask stored, long now, out int slot)
    {
        var row = stored.Row;
        if (table.TryFind(row.Id, out slot))
            return false;
        slot = table.Add(row.Id, row.No);
        ref var task = ref table[slot];
        task.Order = row.Order;
        task.DueAt = row.Attempt > 0 ? Math.Min(row.DueAt, now + stored.Retry.MaxBackoff) : row.DueAt;
        task.QueuedAt = row.QueuedAt;
        task.Failures = (byte)row.Failures;
        task.NodeLosses = (byte)row.NodeLosses;
        task.State = row.State;
        Describe(ref task, stored);
        Enter(ref task, slot);
        return true;
    }

    /// <summary>Queues an ended task again, with a fresh attempt budget, at the end of its priority.</summary>
    public void Readmit(in OpenTask stored, TaskState next, long now, CommitDraft draft)
    {
        var row = stored.Row;
        var slot = table.Add(row.Id, row.No);
        ref var task = ref table[slot];
        task.Order = NextNo();
        task.State = next;
        task.QueuedAt = now;
        Describe(ref task, stored);
        Enter(ref task, slot);
        var write = Record(draft, ref task);
        if (row.Attempt > 0)
        {
            write.Superseded = new EndedAttempt(
                row.Attempt, row.Token, row.Node, row.State, row.Reason, row.ExitCode, row.Signal, row.StartedAt, row.EndedAt);
        }
    }

    /// <summary>
    /// Takes a run of a job's chunk in; a chunk's way is written nowhere, only that it is there and how it ended.
    /// </summary>
    public int AddChunk(TaskId id, DispatchChunk chunk, RetryPolicy policy, byte priority, long now)
    {
        var slot = table.Add(id, NextNo());
        ref var task = ref table[slot];
        task.Order = task.No;
        task.Chunk = chunk;
        task.Signature = Ready.Signatures.Acquire(chunk.Job.Requires, Limits.None, chunk.Job.Ring);
        task.Policy = policy;
        task.Priority = priority;
        task.State = TaskState.Queued;
        task.QueuedAt = now;
        Enter(ref task, slot);
        return slot;
    }

    /// <summary>
    /// Moves a task along the state machine to a state in which it is open. The caller has set what the new state
    /// shows: <see cref="TaskSlot.DueAt"/>, <see cref="TaskSlot.QueuedAt"/>, <see cref="TaskSlot.Detail"/>.
    /// </summary>
    public void Move(ref TaskSlot task, int slot, TaskTrigger trigger)
    {
        Leave(ref task, TaskTransitions.Next(task.State, trigger));
        Enter(ref task, slot);
    }

    /// <summary>Moves a task to a final state; <see cref="Remove"/> follows once its row is in the draft.</summary>
    public void Finish(ref TaskSlot task, TaskTrigger trigger)
    {
        Leave(ref task, TaskTransitions.Next(task.State, trigger));
        if (!task.State.IsFinal())
            throw new InvalidOperationException($"{trigger} does not end a task.");
    }

    /// <summary>Takes a task out of memory, whether it has ended or is a chunk that is dropped.</summary>
    public void Remove(int slot)
    {
        ref var task = ref table[slot];
        if (!task.State.IsFinal())
            Leave(ref task, TaskState.Cancelled);
        Ready.Signatures.Release(task.Signature);
        table.Remove(slot);
    }

    /// <summary>Records the task as it stands in the draft: its row, and an event when the state has changed.</summary>
    public TaskWrite Record(CommitDraft draft, ref TaskSlot task, bool changed = true)
    {
        var row = task.ToRow();
        // A chunk's way is written nowhere.
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

    private void Describe(ref TaskSlot task, in OpenTask stored)
    {
        var row = stored.Row;
        task.ExpiresAt = stored.ExpiresAt;
        task.Signature = Ready.Signatures.Acquire(stored.Requires, stored.Limits);
        task.Policy = policies.Share(stored.Retry);
        task.Priority = stored.Priority;
        task.HadSecrets = stored.HadSecrets;
        task.Attempt = row.Attempt;
        if (row.Attempt > 0 && !row.State.IsLeased())
            task.Detail = new LastAttempt(row.Token, row.Node, row.Reason, row.ExitCode, row.Signal, row.StartedAt);
    }

    private void Leave(ref TaskSlot task, TaskState next)
    {
        if (task.State == TaskState.Queued)
            ReadyIndex.Leave(in task);
        counts.Add(task.State, -1);
        task.State = next;
    }

    private void Enter(ref TaskSlot task, int slot)
    {
        counts.Add(task.State, 1);
        if (task.State == TaskState.Queued)
            ReadyIndex.Push(in task, slot);
        if (task.State is TaskState.Queued or TaskState.Scheduled)
            Times.Watch(ref task, slot);
    }
}
