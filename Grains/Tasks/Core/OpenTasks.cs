using OrleansTasks.Feed;
using OrleansTasks.Storage;

namespace OrleansTasks.Tasks;

/// <summary>
/// The open tasks and chunk runs of a partition. Every change of a task's state goes through this type, so that the ready index, the
/// times and the counts agree with the states. <see cref="TaskTransitions"/> has the state machine. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// A change is three steps: set the task's fields, call <see cref="Move"/>, call <see cref="Record"/>. Memory changes at once, before
/// the commit; when the commit fails, the dispatcher drops this object with its core and reads the store anew.
/// </remarks>
internal sealed class OpenTasks
{
    private readonly TaskTable table = new();
    private readonly RetryPolicies policies = new();
    private TaskCounts counts;

    /// <param name="lastNo">The largest number that the partition has given so far, as the store has it.</param>
    public OpenTasks(long lastNo)
    {
        LastNo = lastNo;
        Ready = new ReadyIndex(table);
        Times = new TaskTimes(table);
    }

    public ReadyIndex Ready { get; }

    public TaskTimes Times { get; }

    /// <summary>A copy of the counts by state, chunk runs included.</summary>
    public TaskCounts Counts => counts;

    /// <summary>How many tasks and chunk runs are open.</summary>
    public int Count => table.Count;

    /// <summary>
    /// The largest number given by <see cref="NextNo"/>. Every commit stores it. Numbers given since the last commit may be given again
    /// by the next owner of the partition: only chunk runs have them, which are stored nowhere.
    /// </summary>
    public long LastNo { get; private set; }

    /// <inheritdoc cref="TaskTable.Slots"/>
    public IEnumerable<int> Slots => table.Slots;

    /// <summary>The task in a slot of the table. The reference is to the same task until <see cref="Remove"/>.</summary>
    public ref TaskSlot this[int slot] => ref table[slot];

    /// <inheritdoc cref="TaskTable.TryFind"/>
    public bool TryFind(TaskId id, out int slot) => table.TryFind(id, out slot);

    /// <summary>A new number in the partition, for a task, a job, a chunk run, or a place in the order.</summary>
    public long NextNo() => ++LastNo;

    /// <summary>Takes in a new task that is neither in memory nor in the store, and adds its write and its event to the draft.</summary>
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
    /// Takes a stored open task in, when the partition is recovered. For an assigned or running task, the caller calls
    /// <see cref="LeaseBook.Load"/> at once. False when the task is in memory already, where it is newer; nothing changes then.
    /// A backoff is cut to the policy's bound, since the clock may have been set back.
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

    /// <summary>
    /// Takes an ended task in again, at the end of its priority. Failures and node losses count from 0; attempts are numbered on. What
    /// the task's row says of the last attempt goes to the stored attempts. The caller has checked that the task is not open.
    /// </summary>
    /// <param name="stored">The task as the store has it.</param>
    /// <param name="next">The state after the retry, by <see cref="TaskTransitions"/>.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Where the changes go.</param>
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
            // The round may have recorded this attempt already, as it ended: the task was cancelled after that.
            write.Superseded ??= new EndedAttempt(
                row.Attempt, row.Token, row.Node, row.State, row.Reason, row.ExitCode, row.Signal, row.StartedAt, row.EndedAt);
        }
    }

    /// <summary>
    /// Adds a queued run of a job's chunk and returns its slot. Runs are stored nowhere: the store has only that the chunk is open, and
    /// how it ended.
    /// </summary>
    public int AddChunk(TaskId id, DispatchChunk chunk, RetryPolicy policy, byte priority, long now)
    {
        var slot = table.Add(id, NextNo());
        ref var task = ref table[slot];
        task.Order = task.No;
        task.Chunk = chunk;
        task.Signature = Ready.Signatures.AcquireForChunk(chunk.Job.Requires, chunk.Job.Ring);
        task.Policy = policy;
        task.Priority = priority;
        task.State = TaskState.Queued;
        task.QueuedAt = now;
        Enter(ref task, slot);
        return slot;
    }

    /// <summary>
    /// Moves a task along the state machine to a state in which it is open. The caller has set what the new state shows:
    /// <see cref="TaskSlot.DueAt"/>, <see cref="TaskSlot.QueuedAt"/>, <see cref="TaskSlot.Detail"/>. <see cref="Record"/> follows.
    /// </summary>
    /// <exception cref="InvalidOperationException">The trigger cannot happen in the task's state: a defect of the caller.</exception>
    public void Move(ref TaskSlot task, int slot, TaskTrigger trigger)
    {
        Leave(ref task, TaskTransitions.Next(task.State, trigger));
        Enter(ref task, slot);
    }

    /// <summary>
    /// Moves a task to a final state. Then come, in this order: <see cref="Record"/>, the release of the lease, <see cref="Remove"/>.
    /// Only <see cref="TaskEnding"/> calls this.
    /// </summary>
    /// <exception cref="InvalidOperationException">The trigger cannot happen or ends nothing: a defect of the caller.</exception>
    public void Finish(ref TaskSlot task, TaskTrigger trigger)
    {
        Leave(ref task, TaskTransitions.Next(task.State, trigger));
        if (!task.State.IsFinal())
            throw new InvalidOperationException($"{trigger} does not end a task.");
    }

    /// <summary>
    /// Takes out of memory a task that has ended, or a chunk run that is dropped in whatever state. The caller has released the lease
    /// before: the lease holds the slot, which may be another task's from now on.
    /// </summary>
    public void Remove(int slot)
    {
        ref var task = ref table[slot];
        if (!task.State.IsFinal())
            Leave(ref task, TaskState.Cancelled);
        Ready.Signatures.Release(task.Signature);
        table.Remove(slot);
    }

    /// <summary>
    /// Puts the task as it stands into the draft and returns the write, to which the caller may add a result. A chunk run is not stored:
    /// its write is in no draft.
    /// </summary>
    /// <param name="draft">Where the row and the event go.</param>
    /// <param name="task">The task.</param>
    /// <param name="changed">Whether the state has changed: every call with true is one more event.</param>
    public TaskWrite Record(CommitDraft draft, ref TaskSlot task, bool changed = true)
    {
        var row = task.ToRow();
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

    /// <summary>Sets what the store has of a task whatever its state; failures, node losses and times are left to the caller.</summary>
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

    /// <summary>Takes a task out of the ready index and the counts by its present state, then sets the next state.</summary>
    private void Leave(ref TaskSlot task, TaskState next)
    {
        if (task.State == TaskState.Queued)
            ReadyIndex.Leave(in task);
        counts.Add(task.State, -1);
        task.State = next;
    }

    /// <summary>Puts a task into the counts, the ready index and the times by its present state.</summary>
    private void Enter(ref TaskSlot task, int slot)
    {
        counts.Add(task.State, 1);
        if (task.State == TaskState.Queued)
            ReadyIndex.Push(in task, slot);
        if (task.State is TaskState.Queued or TaskState.Scheduled)
            Times.Watch(ref task, slot);
    }
}
