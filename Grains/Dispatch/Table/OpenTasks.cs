using OrleansTasks.Feed;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// The open tasks of a queue (those whose state is not final) and the runs of jobs' chunks, which go through the
/// same states but are not stored. Every change of a state goes through this type, so that the ready index, the times
/// to watch, the counts and what waits for other tasks agree with the states. It decides nothing: the other parts of
/// <see cref="DispatchCore"/> say what changes, and <see cref="TaskTransitions"/> says what can. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// A change to another open state is three steps: set the task's fields, call <see cref="Move"/>, call
/// <see cref="Record"/>, which puts the row and the event into the draft of the round's commit.
/// <see cref="TaskEnding"/> alone moves tasks to final states, by <see cref="Finish"/> and <see cref="Remove"/>.
/// Memory changes at once, before the commit. When the commit fails, the dispatcher drops this object with its core and
/// reads the store anew.
/// </remarks>
internal sealed class OpenTasks
{
    private readonly TaskTable table = new();
    private readonly RetryPolicies policies = new();
    private readonly ConcurrencyGates gates;
    private TaskCounts counts;

    /// <param name="lastNo">The stored <see cref="LastNo"/>; 0 for a new queue.</param>
    public OpenTasks(long lastNo)
    {
        LastNo = lastNo;
        Ready = new ReadyIndex(table);
        Times = new TaskTimes(table);
        gates = new ConcurrencyGates(table);
    }

    /// <summary>The queued tasks, in the order in which they are given to nodes.</summary>
    public ReadyIndex Ready { get; }

    /// <summary>When scheduled tasks become due, and when tasks expire.</summary>
    public TaskTimes Times { get; }

    /// <summary>Which scheduled tasks wait for which others to end.</summary>
    public Dependencies Dependencies { get; } = new();

    /// <summary>A copy of the counts by state; chunk runs are counted, too.</summary>
    public TaskCounts Counts => counts;

    /// <summary>How many tasks and chunk runs are open.</summary>
    public int Count => table.Count;

    /// <summary>
    /// The largest number given by <see cref="NextNo"/>. Every commit stores it. The next owner of the queue may
    /// give numbers again that were given since the last commit. That does no harm: whatever is stored came with a
    /// commit, so only chunk runs, which are not stored, can have such numbers.
    /// </summary>
    public long LastNo { get; private set; }

    /// <summary>
    /// Whether a move has made other tasks ready, with the same concurrency key: <see cref="Matching"/> may have looked
    /// for ready tasks before. Only <see cref="Matching"/> resets it.
    /// </summary>
    public bool HasNewReady { get; set; }

    /// <inheritdoc cref="TaskTable.Slots"/>
    public IEnumerable<int> Slots => table.Slots;

    /// <summary>
    /// The task in a slot of the table (not a slot of a node). The reference stays valid, and is to the same task,
    /// until <see cref="Remove"/>.
    /// </summary>
    public ref TaskSlot this[int slot] => ref table[slot];

    /// <inheritdoc cref="TaskTable.TryFind"/>
    public bool TryFind(TaskId id, out int slot) => table.TryFind(id, out slot);

    /// <summary>Gives a new number in the queue: for a task, a job, a chunk run, or a place in the order.</summary>
    public long NextNo() => ++LastNo;

    /// <summary>Gives several new numbers in a row; returns the first.</summary>
    public long NextNos(int count) => (LastNo += count) - count + 1;

    /// <summary>
    /// Takes in a new task, scheduled when its <c>runAt</c> is to come, else queued, and adds its write and its event
    /// to the draft. The caller has checked that the task is neither in memory nor in the store. A task that waits for
    /// others is scheduled, unless they have all ended as they have to.
    /// </summary>
    /// <param name="submission">The task.</param>
    /// <param name="batch">Its batch, if any.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Where the changes go.</param>
    /// <param name="stateOf">
    /// Tells the state of a task that it waits for and that is not in memory; null when nothing is known of such a task.
    /// </param>
    /// <param name="no">Its number, given before by <see cref="NextNos"/>; 0 for the next one.</param>
    public void Accept(
        TaskSubmission submission, TaskId? batch, long now, CommitDraft draft, Func<TaskId, TaskState?>? stateOf = null,
        long no = 0)
    {
        var slot = table.Add(submission.Id, no == 0 ? NextNo() : no);
        ref var task = ref table[slot];
        task.Order = task.No;
        task.ExpiresAt = submission.ExpiresAt;
        task.Signature = Ready.Signatures.Acquire(submission.Requires, submission.Limits);
        task.Policy = policies.Share(submission.Retry);
        task.Priority = submission.Priority;
        task.HadSecrets = !submission.SecretEnv.IsEmpty;
        (task.IsForEach, task.IsJob) = (submission.IsForEach, submission.IsJob);
        if (!task.IsJoin)
            SetGate(ref task, submission.Concurrency);
        Hold(ref task, submission.After ?? [], submission.RunAt > now || task.IsJoin, stateOf);
        if (task.IsHeld || task.IsJoin || submission.RunAt > now)
        {
            task.State = TaskState.Scheduled;
            task.DueAt = submission.RunAt > now ? submission.RunAt : TaskSlot.Never;
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
    /// Takes in a stored open task, when the queue is recovered. For an assigned or running task, the caller then
    /// calls <see cref="LeaseBook.Load"/> at once. False, and nothing changes, when the task is in memory already,
    /// because it was accepted, or read for an operation, before its page. What is in memory is newer.
    /// </summary>
    /// <param name="stored">The task.</param>
    /// <param name="now">The time.</param>
    /// <param name="slot">Its slot in the table.</param>
    /// <param name="isBegun">
    /// Whether it is a node with <c>forEach</c> or a job that waits for its items or its job, and for nothing else.
    /// </param>
    public bool TryLoad(in OpenTask stored, long now, out int slot, bool isBegun = false)
    {
        var row = stored.Row;
        if (table.TryFind(row.Id, out slot))
            return false;
        slot = table.Add(row.Id, row.No);
        ref var task = ref table[slot];
        task.Order = row.Order;
        // After an attempt, the time is the end of a backoff. It is cut to the policy's bound, since the clock may have
        // been set back. Before an attempt it is runAt, a time of day.
        task.DueAt = row.Attempt > 0 && row.DueAt != TaskSlot.Never
            ? Math.Min(row.DueAt, now + stored.Retry.MaxBackoff)
            : row.DueAt;
        task.QueuedAt = row.QueuedAt;
        task.Failures = new FailureCounts(row.Failures);
        task.NodeLosses = (byte)row.NodeLosses;
        task.State = row.State;
        CopyStored(ref task, stored);
        // Scheduled without an attempt, or without a time: it was not queued since it was accepted, or its workflow was
        // retried, so it still waits for all of its conditions.
        if (task.State == TaskState.Scheduled && (task.Attempt == 0 || task.DueAt == TaskSlot.Never)
            && !stored.After.IsDefaultOrEmpty && !isBegun)
            Hold(ref task, stored.After, mayWait: true, static _ => null);
        Enter(ref task, slot);
        return true;
    }

    /// <summary>
    /// Takes in an ended task again, because a user retries it, behind the waiting tasks of its priority. Failures and
    /// node losses count from 0; attempts are numbered on. Only the task's row has the last attempt, and the next
    /// attempt will overwrite it there, so the draft adds the last attempt to the stored attempts. The caller has
    /// checked that the task is not open.
    /// </summary>
    /// <param name="stored">The task as the store has it.</param>
    /// <param name="now">The time.</param>
    /// <param name="draft">Where the changes go.</param>
    /// <param name="stateOf">
    /// Has the task wait again for the tasks that it waits for, unless they have ended as they have to: tells the state
    /// of those that are not in memory. Null: the task waits for none.
    /// </param>
    public void Readmit(in OpenTask stored, long now, CommitDraft draft, Func<TaskId, TaskState?>? stateOf = null)
    {
        var row = stored.Row;
        var slot = table.Add(row.Id, row.No);
        ref var task = ref table[slot];
        task.Order = NextNo();
        CopyStored(ref task, stored);
        if (stateOf is not null && !stored.After.IsDefaultOrEmpty)
            Hold(ref task, stored.After, mayWait: task.IsJoin, stateOf);
        var waits = task.IsHeld || task.IsJoin;
        task.State = TaskTransitions.Next(row.State, waits ? TaskTrigger.Hold : TaskTrigger.Retry);
        (task.DueAt, task.QueuedAt) = waits ? (TaskSlot.Never, row.QueuedAt) : (0, now);
        Enter(ref task, slot);
        var write = Record(draft, ref task);
        write.ForgetsFailure = row.State == TaskState.Failed;
        if (row.Attempt > 0)
        {
            // The same round may have recorded the attempt already, when it has retried and then cancelled the task.
            write.Superseded ??= new EndedAttempt(
                row.Attempt, row.Token, row.Node, row.State, row.Reason, row.ExitCode, row.Signal, row.StartedAt, row.EndedAt);
        }
    }

    /// <summary>
    /// Has a scheduled task wait for no other tasks any more, because a node with <c>forEach</c> or a job begins. It stays
    /// scheduled, which is stored already.
    /// </summary>
    public void StopWaiting(int slot)
    {
        ref var task = ref table[slot];
        if (!task.IsHeld)
            return;
        task.IsHeld = false;
        Dependencies.Remove(task.Id);
    }

    /// <summary>
    /// Adds a queued run of a job's chunk and returns the run's slot. Runs are not stored: the store has only that the
    /// chunk is open, and how it ended. The id must not be in use.
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
    /// Moves a task along the state machine to another open state. The caller has set what belongs to the new state
    /// before (<see cref="TaskSlot.DueAt"/>, <see cref="TaskSlot.QueuedAt"/>, <see cref="TaskSlot.Detail"/>), since the
    /// due time is watched from here on. The caller then calls <see cref="Record"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The trigger cannot happen in the task's state: a defect of the caller.
    /// </exception>
    public void Move(ref TaskSlot task, int slot, TaskTrigger trigger)
    {
        Leave(ref task, slot, TaskTransitions.Next(task.State, trigger));
        Enter(ref task, slot);
        // Now, not when the task left its state: it may have gone from one state at a node to another.
        HasNewReady |= task.Gate?.AdmitFirst() == true;
    }

    /// <summary>
    /// Moves a task to a final state. Only <see cref="TaskEnding"/> calls this. It then calls, in this order,
    /// <see cref="Record"/>, <see cref="LeaseBook.Release"/> if a node held the task, and <see cref="Remove"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// The trigger cannot happen in the task's state, or leads to an open state: a defect of the caller.
    /// </exception>
    public void Finish(ref TaskSlot task, int slot, TaskTrigger trigger)
    {
        Leave(ref task, slot, TaskTransitions.Next(task.State, trigger));
        if (!task.State.IsFinal())
            throw new InvalidOperationException($"{trigger} does not end a task.");
        Dependencies.Ended(task.Id, task.State);
    }

    /// <summary>
    /// Takes a task out of memory after <see cref="Finish"/>, or drops a chunk run in whatever state.
    /// The caller has released the task's lease before, since the lease names the slot, which may be another task's
    /// from now on.
    /// </summary>
    public void Remove(int slot)
    {
        ref var task = ref table[slot];
        // A dropped chunk run: leaves the index and the counts, as Finish has a task leave them.
        if (!task.State.IsFinal())
            Leave(ref task, slot, TaskState.Cancelled);
        Ready.Signatures.Release(task.Signature);
        var gate = task.Gate;
        table.Remove(slot);
        if (gate is null)
            return;
        gate.AdmitFirst();
        gates.Release(gate);
    }

    /// <summary>
    /// Puts the task's row as it stands into the draft, in place of the row that an earlier change of the round has put
    /// there. Returns the write, to which the caller may add (a result, say). A chunk run is not stored: its write is
    /// made, but goes into no draft, and it has no events.
    /// </summary>
    /// <param name="draft">Where the row and the event go.</param>
    /// <param name="task">The task.</param>
    /// <param name="changed">Whether the state has changed: every call with true adds an event.</param>
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

    /// <summary>
    /// Copies from a stored task what a recovered task and a retried one have in common. The caller sets the state, the
    /// order, the failures, the node losses, and the due and queued times.
    /// </summary>
    private void CopyStored(ref TaskSlot task, in OpenTask stored)
    {
        var row = stored.Row;
        task.ExpiresAt = stored.ExpiresAt;
        task.Signature = Ready.Signatures.Acquire(stored.Requires, stored.Limits);
        task.Policy = policies.Share(stored.Retry);
        task.Priority = stored.Priority;
        task.HadSecrets = stored.HadSecrets;
        (task.IsForEach, task.IsJob) = (stored.IsForEach, stored.IsJob);
        if (!task.IsJoin)
            SetGate(ref task, stored.Concurrency);
        Dependencies.Opened(row.Id);
        task.Attempt = row.Attempt;
        // LeaseBook.Load sets the lease of a task that a node holds.
        if (row.Attempt > 0 && !row.State.IsLeased())
            task.Detail = new LastAttempt(row.Token, row.Node, row.Reason, row.ExitCode, row.Signal, row.StartedAt);
    }

    /// <summary>
    /// Has a task wait for others, unless it need not: they have ended as they have to, and it does not wait for its time.
    /// With a time to come it waits for both, since until then one of the others may be retried.
    /// </summary>
    private void Hold(ref TaskSlot task, ImmutableArray<TaskDependency> after, bool mayWait, Func<TaskId, TaskState?>? stateOf)
    {
        if (after.IsEmpty)
            return;
        Dependencies.Hold(task.Id, after, id => table.TryFind(id, out var slot) ? table[slot].State : stateOf?.Invoke(id));
        task.IsHeld = mayWait || Dependencies.VerdictOf(task.Id) != DependencyVerdict.Free;
        if (!task.IsHeld)
            Dependencies.Remove(task.Id);
    }

    private void SetGate(ref TaskSlot task, TaskConcurrency? concurrency)
    {
        if (concurrency is null)
            return;
        task.Gate = gates.Acquire(concurrency.Key);
        task.KeyLimit = concurrency.Limit;
    }

    /// <summary>
    /// Takes a task out of the ready index and the counts, by its present state. Then sets the next state.
    /// </summary>
    private void Leave(ref TaskSlot task, int slot, TaskState next)
    {
        if (task.State.IsLeased())
            task.Gate?.Ended();
        else if (task.State == TaskState.Queued)
        {
            if (task.Gate is { } gate)
                gate.Left(ref task, slot);
            else
                ReadyIndex.Leave(in task);
        }
        else if (task.IsHeld)
        {
            task.IsHeld = false;
            Dependencies.Remove(task.Id);
        }

        counts.Add(task.State, task.Chunk is not null, -1);
        task.State = next;
    }

    /// <summary>
    /// Puts a task into the counts, the ready index (by its concurrency gate, if it has one) and the watched times, by
    /// its present state and with the fields that it has now.
    /// </summary>
    private void Enter(ref TaskSlot task, int slot)
    {
        counts.Add(task.State, task.Chunk is not null, 1);
        if (task.State.IsLeased())
            task.Gate?.Started();
        else if (task.State == TaskState.Queued)
        {
            if (task.Gate is { } gate)
                gate.Queued(ref task, slot);
            else
                ReadyIndex.Push(in task, slot);
        }

        if (task.State is TaskState.Queued or TaskState.Scheduled)
            Times.Watch(ref task, slot);
    }
}
