using OrleansTasks.Schedules;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// Manages the nodes with <c>forEach</c> of a queue's running workflows: creates their items' tasks, queues these again
/// after a retry, cancels them, and ends the node's own task when they have ended, a limited number per round. Does no
/// I/O: <see cref="ItemReading"/> reads what is needed between rounds. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// Tasks are created on demand: a node has at most <see cref="DispatchOptions.MaxOpenItems"/> open tasks, and no more
/// than the depth of its queue allows, but always one, so that it makes progress in a queue that others keep full.
/// While it may have no more, or while the store may not grow, the node is held (<see cref="LiveItems.IsHeld"/>).
/// </remarks>
internal sealed class ItemNodes(
    OpenTasks tasks, Admission admission, Attempts attempts, TaskEnding ending, OccurrenceIds ids, StoreSpace space, DispatchOptions options)
    : IDispatchModule
{
    /// <summary>Limit on the ended tasks that one read returns to be queued again.</summary>
    public const int Page = 512;

    private readonly Dictionary<TaskId, LiveItems> byTask = [];
    private readonly NumberRanges<LiveItems> byNo = new();

    // Nodes that have work, and nodes for which something must be read first. Each is in a queue at most once, perhaps
    // after its need has passed.
    private readonly Queue<LiveItems> busy = new();
    private readonly Queue<LiveItems> reading = new();
    private readonly HashSet<LiveItems> isBusy = [];
    private readonly HashSet<LiveItems> isReading = [];

    // Nodes that wait until they may create further tasks; and the node whose list was read last and may be in memory.
    private readonly HashSet<LiveItems> held = [];
    private LiveItems? last;

    // The number of tasks of each workflow: its nodes, and the items whose lists are known.
    private readonly Dictionary<TaskId, int> sizes = [];

    /// <inheritdoc/>
    public long Next => MayWork && (busy.Count > 0 || held.Any(MayResume)) ? 0 : long.MaxValue;

    // False while recovery reads waiting tasks: a node's own task that is not read yet would not be found.
    private bool MayWork => tasks.Ready.IsComplete;

    /// <summary>
    /// The node for which something must be read; null if there is none, or while there is work for what was read
    /// before. So one list is in memory at a time, however many nodes begin together: a list can be up to 16 MiB.
    /// </summary>
    public LiveItems? Wanted
    {
        get
        {
            while (reading.TryPeek(out var first) && !first.NeedsRead)
                isReading.Remove(reading.Dequeue());
            return MayWork && busy.Count == 0 && reading.TryPeek(out var wanted) ? wanted : null;
        }
    }

    /// <summary>Adds the nodes of a workflow.</summary>
    public void Add(LiveWorkflow workflow)
    {
        sizes[workflow.Row.Id] = workflow.Row.Count + workflow.Items.Sum(static node => node.Row?.Count ?? 0);
        foreach (var node in workflow.Items)
        {
            byTask.Add(node.Task, node);
            if (node.Row is { Count: > 0 } row)
                byNo.Add(row.First, row.Count, node);
            Note(node);
        }
    }

    /// <summary>Forgets the nodes of a workflow that has ended.</summary>
    public void Remove(LiveWorkflow workflow)
    {
        sizes.Remove(workflow.Row.Id);
        foreach (var node in workflow.Items)
        {
            byTask.Remove(node.Task);
            held.Remove(node);
            if (node.Row is { Count: > 0 } row)
                byNo.Remove(row.First);
        }
    }

    /// <summary>Returns whether a node's own task waits only for its items.</summary>
    public bool IsBegun(TaskId task) => byTask.GetValueOrDefault(task) is { IsBegun: true };

    /// <summary>Returns the node whose own task this is; null if there is none.</summary>
    public LiveItems? OfNode(TaskId task) => byTask.GetValueOrDefault(task);

    /// <summary>
    /// Begins a node whose conditions are met. The task of a node whose workflow cannot be read stays scheduled.
    /// </summary>
    public void Begin(int slot)
    {
        if (byTask.GetValueOrDefault(tasks[slot].Id) is not { } node)
            return;
        tasks.StopWaiting(slot);
        node.Begin();
        Note(node);
    }

    /// <summary>Records the end of an item's task and returns the item's node; null if the task is no item's.</summary>
    public LiveItems? Ended(long no, TaskState state, EndReason reason)
    {
        if (byNo.Find(no, out var item) is not { } node)
            return null;
        node.Ended(item, state, reason);
        Note(node);
        return node;
    }

    /// <summary>
    /// Cancels the items of a node; returns null if the node's own task must be cancelled like any other, because it
    /// has not begun or its list has not been read.
    /// </summary>
    public ControlOutcome? Stop(TaskId task, long now, CommitDraft draft)
    {
        if (byTask.GetValueOrDefault(task) is not { IsBegun: true, IsListing: false } node)
            return null;
        var row = node.Stop(now);
        if (row is not null)
            draft.Workflows.Put(row);
        Note(node);
        return row is null ? ControlOutcome.Unchanged : ControlOutcome.Changed;
    }

    /// <summary>Notes that something was read for a node, or could not be read.</summary>
    public void WasRead(LiveItems node)
    {
        // Keeps one list in memory: a held node reads its list again when it resumes.
        if (last is { IsHeld: true } && last != node)
            last.Forget();
        last = node;
        Note(node);
    }

    /// <summary>
    /// Notes that what a node needs could not be read now. The other nodes come first then, because it may be the
    /// output of one task alone that cannot be read.
    /// </summary>
    public void WasNotRead(LiveItems node)
    {
        if (reading.TryPeek(out var first) && first == node)
            reading.Enqueue(reading.Dequeue());
    }

    /// <inheritdoc/>
    public void Tick(long now, CommitDraft draft)
    {
        if (!MayWork)
            return;
        if (held.Count > 0)
            Resume();
        var (left, bytes) = (options.Round.Items, options.Round.Bytes);
        while (left > 0 && bytes > 0 && busy.TryDequeue(out var node))
        {
            isBusy.Remove(node);
            while (node.TryTakeToCancel(ref left, out var item))
            {
                if (tasks.TryFind(item, out var slot))
                    attempts.Cancel(slot, now, draft);
            }

            if (node.IsDealing && !node.NeedsRead && MayDeal(node))
                Deal(node, ref left, ref bytes, now, draft);
            if (node.IsDone)
                End(node, now, draft);
            Note(node);
        }
    }

    private void End(LiveItems node, long now, CommitDraft draft)
    {
        if (!tasks.TryFind(node.Task, out var slot))
            throw new InvalidOperationException($"{node.Task} waits for its items but is not open.");
        if (node.Fault is not null)
            draft.Workflows.Put(node.NoteFault());
        ending.End(slot, node.Outcome(now), now, draft);
    }

    private void Deal(LiveItems node, ref int left, ref long bytes, long now, CommitDraft draft)
    {
        if (node.IsListing && !TryNumber(node, draft))
            return;
        while (node.Row!.Next < node.Row.Count && left > 0 && bytes > 0 && MayDeal(node))
        {
            // Items below Made have tasks from an earlier run. False means that something must be read first.
            if (node.Row.Next == node.Row.Made ? !TryMake(node, ref bytes, now, draft) : !TryRepeat(node, now, draft))
                break;
            left--;
        }

        draft.Workflows.Put(node.Row);
        if (node.Row.Next == node.Row.Count)
            node.Forget();
    }

    // Returns false and fails the node if the workflow would have too many tasks.
    private bool TryNumber(LiveItems node, CommitDraft draft)
    {
        var count = node.List!.Value.Length;
        var size = sizes[node.Workflow] + count;
        if (size > options.MaxWorkflowTasks)
        {
            node.Fail($"With these {count} items, the workflow would have {size} tasks; at most {options.MaxWorkflowTasks} are allowed.");
            return false;
        }

        sizes[node.Workflow] = size;
        var row = node.Number(count == 0 ? 0 : tasks.NextNos(count), count);
        draft.Workflows.Put(row, ItemList.Write(node.List.Value));
        if (count > 0)
            byNo.Add(row.First, count, node);
        return true;
    }

    private bool TryMake(LiveItems node, ref long bytes, long now, CommitDraft draft)
    {
        if (node.List is not { } list || node.Template is not { } template)
            return false;
        var (row, id) = (node.Row!, ids.Next(now));
        var submission = template.Make(id, row.Next, list[row.Next]);
        tasks.Accept(submission, node.Workflow, now, draft, no: row.First + row.Next);
        node.Deal(new ItemStanding(id, TaskState.Queued, EndReason.None));
        bytes -= submission.Spec.Length + submission.SecretEnv.Length;
        return true;
    }

    private bool TryRepeat(LiveItems node, long now, CommitDraft draft)
    {
        var item = node[node.Row!.Next];
        if (item.State != TaskState.Succeeded)
        {
            if (!node.Stored.TryGetValue(item.Task, out var stored))
                return false;
            tasks.Readmit(stored, now, draft);
            item = new ItemStanding(item.Task, TaskState.Queued, EndReason.None);
        }

        node.Deal(item);
        return true;
    }

    private bool MayDeal(LiveItems node) => MayDealBelow(node, options.MaxOpenItems);

    // Resumes only when less than half of the allowed tasks are open, because the list may have to be read again.
    private bool MayResume(LiveItems node) => !node.IsDealing || MayDealBelow(node, (options.MaxOpenItems + 1) / 2);

    private bool MayDealBelow(LiveItems node, int most) =>
        space.MayGrow && (node.OpenCount == 0 || (node.OpenCount < most && admission.Room > 0));

    private void Resume()
    {
        foreach (var node in held.Where(MayResume).ToArray())
        {
            held.Remove(node);
            node.IsHeld = false;
            Note(node);
        }
    }

    private void Note(LiveItems node)
    {
        if (node is { IsDealing: true, IsHeld: false } && !MayDeal(node))
            node.IsHeld = held.Add(node);
        if (node.HasWork && isBusy.Add(node))
            busy.Enqueue(node);
        if (node.NeedsRead && isReading.Add(node))
            reading.Enqueue(node);
    }
}
