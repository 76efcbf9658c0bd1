using OrleansTasks.Feed;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Table;

/// <summary>
/// The open tasks of a queue, and its chunk runs, which go through the same states but are not stored. Every state
/// change goes through this type, which keeps the ready index, the watched times, the counts and the dependencies in
/// step. It makes no decisions: callers choose the changes, and <see cref="TaskTransitions"/> says which are possible.
/// Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// <code>
/// to an open state     set the task's fields, Move, Record
/// to a final state     Finish, Record, LeaseBook.Release if a node held the task, Remove; only TaskEnding does this
/// </code>
/// Memory changes at once, before the commit. If the commit fails, the dispatcher discards this object with its core.
/// </remarks>
internal sealed class OpenTasks
{
    private readonly TaskTable table = new();
    private readonly RetryPolicies policies = new();
    private readonly ConcurrencyGates gates;
    private TaskCounts counts;
    private FlowTotals flow;

    public OpenTasks(long lastNo)
    {
        LastNo = lastNo;
        Ready = new ReadyIndex(table);
        Times = new TaskTimes(table);
        gates = new ConcurrencyGates(table);
    }

    public ReadyIndex Ready { get; }

    public TaskTimes Times { get; }

    public Dependencies Dependencies { get; } = new();

    /// <summary>The unique keys of the tasks in memory.</summary>
    public UniqueKeys Uniques { get; } = new();

    /// <summary>A copy of the counts by state, including chunk runs.</summary>
    public TaskCounts Counts => counts;

    /// <summary>What has passed through the queue since its owner began.</summary>
    public ref FlowTotals Flow => ref flow;

    public int Count => table.Count;

    /// <summary>
    /// The largest number assigned so far. Every commit stores it. The next owner may reuse numbers assigned since the
    /// last commit, because only chunk runs, which are not stored, can have them.
    /// </summary>
    public long LastNo { get; private set; }

    /// <summary>
    /// Whether a move has admitted other tasks of a concurrency key to ready queues that <see cref="Matching"/> may
    /// have searched already. Only <see cref="Matching"/> resets it.
    /// </summary>
    public bool HasNewReady { get; set; }

    public IEnumerable<int> Slots => table.Slots;

    /// <summary>The task in a slot of the table. The reference stays valid until <see cref="Remove"/>.</summary>
    public ref TaskSlot this[int slot] => ref table[slot];

    public bool TryFind(TaskId id, out int slot) => table.TryFind(id, out slot);

    /// <summary>
    /// Returns the next number in the queue, for a task, a job, a chunk run, or a place in the order.
    /// </summary>
    public long NextNo() => ++LastNo;

    /// <summary>Assigns consecutive numbers and returns the first.</summary>
    public long NextNos(int count) => (LastNo += count) - count + 1;

    /// <summary>
    /// Adds a new task, which is neither in memory nor in the store, with its write and event. It is scheduled if its
    /// <c>runAt</c> is in the future, if it is the own task of a workflow node, or if its parents have not ended as
    /// required; otherwise it is queued. <paramref name="stateOf"/> returns the state of a parent that is not in
    /// memory, or null if unknown. <paramref name="no"/> comes from <see cref="NextNos"/>; 0 takes the next number.
    /// </summary>
    public void Accept(
        TaskSubmission submission, TaskId? batch, long now, CommitDraft draft, Func<TaskId, TaskState?>? stateOf = null,
        long no = 0)
    {
        var slot = table.Add(submission.Id, no == 0 ? NextNo() : no);
        ref var task = ref table[slot];
        task.Order = task.No;
        task.ExpiresAt = submission.ExpiresAt;
        task.Signature = Ready.Signatures.Acquire(
            submission.Requires, submission.Limits, submission.Resources, submission.Lasts);
        task.Policy = policies.Share(submission.Retry);
        task.Priority = submission.Priority;
        task.HadSecrets = !submission.SecretEnv.IsEmpty;
        (task.IsForEach, task.IsJob) = (submission.IsForEach, submission.IsJob);
        if (!task.IsOwnTask)
            SetGate(ref task, submission.Concurrency);
        SetUnique(ref task, submission.Unique);
        Hold(ref task, submission.After ?? [], submission.RunAt > now || task.IsOwnTask, stateOf);
        if (task.IsHeld || task.IsOwnTask || submission.RunAt > now)
        {
            task.State = TaskState.Scheduled;
            task.DueAt = submission.RunAt > now ? submission.RunAt : TaskSlot.Never;
        }
        else
        {
            task.State = TaskState.Queued;
            task.QueuedAt = now;
            flow.Arrived++;
        }

        Enter(ref task, slot);
        draft.Add(new TaskWrite { Row = task.ToRow(), New = submission, Batch = batch });
        draft.Events.Add(new FeedEntry(task.Id, task.State, 0));
    }

    /// <summary>
    /// Loads a stored open task during recovery. If a node holds it, call <see cref="LeaseBook.Load"/> next. Returns
    /// false if memory already has the task in a newer version, because it was accepted, or read early for an
    /// operation. <paramref name="isBegun"/> marks the own task of a workflow node that waits only for its items or
    /// job.
    /// </summary>
    public bool TryLoad(in OpenTask stored, long now, out int slot, bool isBegun = false)
    {
        var row = stored.Row;
        if (table.TryFind(row.Id, out slot))
            return false;
        slot = table.Add(row.Id, row.No);
        ref var task = ref table[slot];
        task.Order = row.Order;
        // After an attempt, DueAt is the end of a backoff, which a clock set back must not prolong. Before the first
        // attempt, it is a time of day, or the end of a debounce, which WaitsTooLong checks below.
        task.DueAt = row.Attempt > 0 && row.DueAt != TaskSlot.Never
            ? Math.Min(row.DueAt, now + stored.Retry.MaxBackoff)
            : row.DueAt;
        task.QueuedAt = row.QueuedAt;
        task.Failures = new FailureCounts(row.Failures);
        task.NodeLosses = (byte)row.NodeLosses;
        task.State = row.State;
        CopyStored(ref task, stored);
        // Without an attempt, or without a due time, the task has not been queued since it was accepted or its workflow
        // was retried, so it still waits for all of its conditions.
        if (task.State == TaskState.Scheduled && (task.Attempt == 0 || task.DueAt == TaskSlot.Never)
            && !stored.After.IsDefaultOrEmpty && !isBegun)
            Hold(ref task, stored.After, mayWait: true, static _ => null);
        Enter(ref task, slot);
        if (task.State == TaskState.Queued)
            Ready.NoteStored(task.QueuedAt, now);
        if (WaitsTooLong(ref task, now, out _))
            Times.Look(ref task, slot, now);
        return true;
    }

    /// <summary>
    /// Adds an ended task again for a retry, behind the waiting tasks of its priority. Failures and node losses restart
    /// at 0; attempt numbers continue. The draft archives the last attempt, because the next one overwrites its only
    /// copy, in the task's row. <paramref name="stateOf"/> returns the states of parents that are not in memory: the
    /// task waits again unless they have ended as required. If it is null, the task waits for no parents.
    /// </summary>
    public void Readmit(in OpenTask stored, long now, CommitDraft draft, Func<TaskId, TaskState?>? stateOf = null)
    {
        var row = stored.Row;
        var slot = table.Add(row.Id, row.No);
        ref var task = ref table[slot];
        task.Order = NextNo();
        CopyStored(ref task, stored);
        if (stateOf is not null && !stored.After.IsDefaultOrEmpty)
            Hold(ref task, stored.After, mayWait: task.IsOwnTask, stateOf);
        var waits = task.IsHeld || task.IsOwnTask;
        task.State = TaskTransitions.Next(row.State, waits ? TaskTrigger.Hold : TaskTrigger.Retry);
        (task.DueAt, task.QueuedAt) = waits ? (TaskSlot.Never, row.QueuedAt) : (0, now);
        flow.Arrived += waits ? 0 : 1;
        Enter(ref task, slot);
        var write = Record(draft, ref task);
        write.ForgetsFailure = row.State == TaskState.Failed;
        if (row.Attempt > 0)
        {
            // Keep the attempt if an earlier retry in this round has recorded it.
            write.Superseded ??= new EndedAttempt(
                row.Attempt, row.Token, row.Node, row.State, row.Reason, row.ExitCode, row.Signal, row.StartedAt, row.EndedAt);
        }
    }

    /// <summary>
    /// Ends a task's wait for other tasks, because its items or its job begin. The task stays scheduled.
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
    /// Adds a queued chunk run under an unused id, and returns its slot. Only its chunk is stored, not the run.
    /// </summary>
    public int AddChunk(TaskId id, DispatchChunk chunk, RetryPolicy policy, byte priority, long now)
    {
        var slot = table.Add(id, NextNo());
        ref var task = ref table[slot];
        task.Order = task.No;
        task.Chunk = chunk;
        task.Signature = Ready.Signatures.AcquireForChunk(
            chunk.Job.Requires, chunk.Job.Needs, chunk.Job.Ring, chunk.Job.Resources);
        task.Policy = policy;
        task.Priority = priority;
        task.State = TaskState.Queued;
        task.QueuedAt = now;
        Enter(ref task, slot);
        return slot;
    }

    /// <summary>
    /// Moves a task to another open state. Set <see cref="TaskSlot.DueAt"/>, <see cref="TaskSlot.QueuedAt"/> and
    /// <see cref="TaskSlot.Detail"/> first, because this watches the due time; call <see cref="Record"/> afterwards.
    /// </summary>
    /// <exception cref="InvalidOperationException">The trigger cannot happen in the task's state.</exception>
    public void Move(ref TaskSlot task, int slot, TaskTrigger trigger)
    {
        var before = task.State;
        Leave(ref task, slot, TaskTransitions.Next(task.State, trigger));
        Enter(ref task, slot);
        // After Enter, because the task may have moved between two states at a node and still use its key.
        HasNewReady |= task.Gate?.AdmitFirst() == true;
        if (task.Chunk is not null)
            return;
        flow.Arrived += before == TaskState.Scheduled && task.State == TaskState.Queued ? 1 : 0;
        flow.Started += task.State == TaskState.Running ? 1 : 0;
    }

    /// <summary>
    /// Changes how much memory a task reserves from its next attempt on. Call it before the task is queued, and add the
    /// memory to the write (<see cref="TaskWrite.ReservedMemory"/>).
    /// </summary>
    public void ReserveMemory(ref TaskSlot task, long bytes) => task.Signature =
        Ready.Signatures.Reshape(task.Signature, task.Signature.Shape.With(ResourceName.Memory, bytes));

    /// <summary>
    /// Changes when a scheduled task starts, before its first attempt. The entry for an earlier time stays, and
    /// <see cref="DueTasks"/> watches the later time when the earlier one comes. So a thousand arrivals leave one
    /// entry.
    /// </summary>
    public void Postpone(int slot, long dueAt, CommitDraft draft)
    {
        ref var task = ref table[slot];
        var isEarlier = dueAt < task.DueAt;
        task.DueAt = dueAt;
        if (isEarlier)
            Times.Watch(ref task, slot);
        Record(draft, ref task, changed: false);
    }

    /// <summary>
    /// Watches the time of a scheduled task whose watched time has come too early. If the clock was set back and has
    /// made a debounce longer, the wait begins again.
    /// </summary>
    public void WatchAgain(int slot, long now, CommitDraft draft)
    {
        ref var task = ref table[slot];
        if (WaitsTooLong(ref task, now, out var latest))
            Postpone(slot, latest, draft);
        else
            Times.Watch(ref task, slot);
    }

    /// <summary>
    /// Shortens backoffs that a clock step made longer than their policies allow. Makes <see cref="DueTasks"/> check
    /// the debounced tasks that now wait longer than their debounce. <paramref name="by"/> is negative if the clock was
    /// set back.
    /// </summary>
    public void ClockStepped(long by, long now)
    {
        Ready.ClockStepped(by);
        Times.ClockStepped(now);
        foreach (var id in Uniques.Debounced)
        {
            if (table.TryFind(id, out var slot) && WaitsTooLong(ref table[slot], now, out _))
                Times.Look(ref table[slot], slot, now);
        }
    }

    /// <summary>
    /// Moves a task to a final state. Afterwards <see cref="TaskEnding"/>, the only caller, calls <see cref="Record"/>,
    /// <see cref="LeaseBook.Release"/> if a node held the task, and <see cref="Remove"/>, in this order.
    /// </summary>
    /// <exception cref="InvalidOperationException">The trigger does not lead to a final state from here.</exception>
    public void Finish(ref TaskSlot task, int slot, TaskTrigger trigger)
    {
        Leave(ref task, slot, TaskTransitions.Next(task.State, trigger));
        if (!task.State.IsFinal())
            throw new InvalidOperationException($"{trigger} does not end a task.");
        Dependencies.Ended(task.Id, task.State);
    }

    /// <summary>Removes a finished task or any chunk run. First release its lease, which names the slot.</summary>
    public void Remove(int slot)
    {
        ref var task = ref table[slot];
        // A dropped chunk run has not passed through Finish.
        if (!task.State.IsFinal())
            Leave(ref task, slot, TaskState.Cancelled);
        Ready.Signatures.Release(task.Signature);
        if (task.IsUnique)
            Uniques.Remove(task.Id);
        var gate = task.Gate;
        table.Remove(slot);
        if (gate is null)
            return;
        gate.AdmitFirst();
        gates.Release(gate);
    }

    /// <summary>
    /// Puts the task's row into the draft, replacing that of an earlier change in the round, and adds an event if
    /// <paramref name="changed"/>. Returns the write, which the caller may extend. The write of a chunk run is not
    /// added to the draft.
    /// </summary>
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

    // The caller sets the state, the order, the failures, the node losses, and the due and queued times.
    private void CopyStored(ref TaskSlot task, in OpenTask stored)
    {
        var row = stored.Row;
        task.ExpiresAt = stored.ExpiresAt;
        // Set before the call; a retry by a user begins again with what the spec says.
        var shape = stored.ReservedMemory > 0 && task.Failures[FailureCause.OutOfMemory] > 0
            ? stored.Resources?.With(ResourceName.Memory, stored.ReservedMemory)
            : stored.Resources;
        task.Signature = Ready.Signatures.Acquire(stored.Requires, stored.Limits, shape, stored.Lasts);
        task.Policy = policies.Share(stored.Retry);
        task.Priority = stored.Priority;
        task.HadSecrets = stored.HadSecrets;
        (task.IsForEach, task.IsJob) = (stored.IsForEach, stored.IsJob);
        if (!task.IsOwnTask)
            SetGate(ref task, stored.Concurrency);
        SetUnique(ref task, stored.Unique);
        Dependencies.Opened(row.Id);
        task.Attempt = row.Attempt;
        // LeaseBook.Load sets the lease of a task that a node holds.
        if (row.Attempt > 0 && !row.State.IsLeased())
            task.Detail = new LastAttempt(row.Token, row.Node, row.Reason, row.ExitCode, row.Signal, row.StartedAt);
    }

    /// <summary>
    /// Makes a task wait for its parents; without <paramref name="mayWait"/>, only if some have not ended as required.
    /// A task whose time is in the future also waits for its parents, because a parent may be retried until then.
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

    private void SetUnique(ref TaskSlot task, TaskUnique? unique)
    {
        if (unique is null)
            return;
        task.IsUnique = true;
        Uniques.Add(task.Id, unique);
    }

    // A debounced task has no runAt: before its first attempt, its time is the end of its debounce.
    private bool WaitsTooLong(ref TaskSlot task, long now, out long latest)
    {
        latest = TaskSlot.Never;
        if (task is not { IsUnique: true, State: TaskState.Scheduled, Attempt: 0, DueAt: not TaskSlot.Never }
            || Uniques.Of(task.Id) is not { Debounce: > 0 } unique)
            return false;
        latest = now + unique.Debounce;
        return task.DueAt > latest;
    }

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
