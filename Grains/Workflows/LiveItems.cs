using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// The items of one node with <c>forEach</c> of a running workflow: the state of their tasks, what must still be done
/// for them, and from that alone whether the node has ended and how. Does no I/O. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// <code>
/// idle       the node's task waits for other tasks, or has ended
/// begun      Begin: the conditions of the node are met
///   listing    the list is not known: ItemReading reads it, then Number or Fail
///   dealing    Row.Next &lt; Row.Count: tasks are created or queued again, some in each round
///   dealt      every item has a task of this run; waits for the open ones
///   stopped    no further task is created; open tasks are cancelled, some in each round
/// idle       End: the node's task has ended
/// </code>
/// A retry resets <see cref="ItemsRow.Next"/>, after which the node waits for its conditions again.
/// </remarks>
internal sealed class LiveItems(
    WorkflowRow workflow, OutlineNode outline, int node, TaskId task, TaskId source, string sourceName)
{
    private readonly List<ItemStanding> items = [];
    private int open;
    private int failed;
    private int cancelled;

    // The next item that a cancel examines.
    private int cancelFrom;

    /// <summary>The workflow's id.</summary>
    public TaskId Workflow => workflow.Id;

    /// <summary>The node's index in the workflow.</summary>
    public int Node => node;

    /// <summary>The number of the node's task.</summary>
    public long No => workflow.No + 1 + node;

    /// <summary>The node's name.</summary>
    public string Name => outline.Name;

    /// <summary>The node's own task.</summary>
    public TaskId Task => task;

    /// <summary>The task that has the list.</summary>
    public TaskId Source => source;

    /// <summary>The name of the node that has the list.</summary>
    public string SourceName => sourceName;

    /// <summary>Where the list comes from.</summary>
    public ForEach ForEach => outline.ForEach!;

    /// <summary>The stored row; null until the list has been read.</summary>
    public ItemsRow? Row { get; private set; }

    /// <summary>Whether the conditions of the node are met and it has not ended.</summary>
    public bool IsBegun { get; private set; }

    /// <summary>All items, in order; null if they are not in memory.</summary>
    public ImmutableArray<string>? List { get; private set; }

    /// <summary>Creates the tasks; null if it is not in memory.</summary>
    public ItemTemplate? Template { get; private set; }

    /// <summary>Ended tasks to be queued again, as the store has them.</summary>
    public IReadOnlyDictionary<TaskId, OpenTask> Stored { get; private set; } = new Dictionary<TaskId, OpenTask>();

    /// <summary>The human-readable reason why the list cannot be used; null if there is none.</summary>
    public string? Fault { get; private set; }

    /// <summary>Whether no further task may be created now; <see cref="ItemNodes"/> sets it.</summary>
    public bool IsHeld { get; set; }

    /// <summary>Number of open tasks of items.</summary>
    public int OpenCount => open;

    /// <summary>Whether the list must be read.</summary>
    public bool IsListing => Row is null or { Fault: not null, Count: 0 };

    /// <summary>Whether the node was cancelled.</summary>
    public bool IsStopped => Row is { StoppedAt: not 0 };

    /// <summary>
    /// Whether <see cref="ItemReading"/> must read something before the next tasks can be created: the list and the
    /// template, or ended tasks to be queued again.
    /// </summary>
    public bool NeedsRead => IsDealing && !IsHeld && (!IsListing && Row!.Next < Row.Made
        ? Unsuccessful(ItemNodes.Page).Any(id => !Stored.ContainsKey(id))
        : List is null || Template is null);

    /// <summary>Whether there is work that needs no read.</summary>
    public bool HasWork => IsCancelling || IsDone || (IsDealing && !IsHeld && !NeedsRead);

    /// <summary>Whether items are left whose tasks must be created or queued again.</summary>
    public bool IsDealing => IsBegun && !IsStopped && Fault is null && (IsListing || Row!.Next < Row.Count);

    /// <summary>Whether a cancel has items left to examine.</summary>
    public bool IsCancelling => IsBegun && IsStopped && cancelFrom < items.Count && open > 0;

    /// <summary>Whether the node must end now, with <see cref="Outcome"/>.</summary>
    public bool IsDone =>
        IsBegun && open == 0 && (Fault is not null || (!IsListing && (IsStopped || Row!.Next == Row.Count)));

    /// <summary>Whether a task has ended without success in this run.</summary>
    public bool HasFailures => failed + cancelled > 0;

    /// <summary>The number of open tasks, and the first few of them.</summary>
    public (int Count, ImmutableArray<TaskId> First) Open => (
        open,
        [.. items.Where(static item => item.IsOpen).Take(Dependencies.MostNamed).Select(static item => item.Task)]);

    /// <summary>Restores what is stored when the workflow is loaded; <paramref name="tasks"/> come in order.</summary>
    /// <param name="row">The items.</param>
    /// <param name="tasks">The tasks of the items.</param>
    /// <param name="isOpen">Whether the node's own task is open.</param>
    public void Load(ItemsRow row, IEnumerable<WorkflowNodeRow> tasks, bool isOpen)
    {
        Row = row;
        foreach (var one in tasks)
        {
            items.Add(ItemStanding.Of(one.Task, one.State, one.Reason));
            if (items.Count <= row.Next)
                Count(items[^1], 1);
        }

        // Until an item has a task in this run, the node may wait for its conditions, which are then checked again.
        IsBegun = isOpen && row.Fault is null && (row.Next > 0 || row.StoppedAt != 0);
    }

    /// <summary>Begins the node, whose conditions are met.</summary>
    public void Begin() => (IsBegun, Fault) = (true, null);

    /// <summary>Records that the node's task has ended.</summary>
    public void End()
    {
        (IsBegun, Fault) = (false, null);
        Forget();
    }

    /// <summary>Makes the node run again without its succeeded items; returns the row to store, null if none.</summary>
    public ItemsRow? Retry()
    {
        (open, failed, cancelled) = (0, 0, 0);
        End();
        if (Row is { } row)
            Row = row with { Next = 0, StoppedAt = 0, Fault = row.Count == 0 ? row.Fault : null };
        return Row;
    }

    /// <summary>Takes the list and the template that were read.</summary>
    public void Take(ImmutableArray<string> list, ItemTemplate template) => (List, Template) = (list, template);

    /// <summary>Takes the tasks to be queued again, as the store has them.</summary>
    public void Take(IEnumerable<OpenTask> tasks) => Stored = tasks.ToDictionary(static found => found.Row.Id);

    /// <summary>Fails the node for a human-readable reason: the list or a task's spec cannot be used.</summary>
    public void Fail(string fault) => Fault = fault;

    /// <summary>Numbers the items of a list that is now known. Returns the row to store.</summary>
    public ItemsRow Number(long first, int count) => Row = new ItemsRow(No, count == 0 ? 0 : first, count);

    /// <summary>Notes that the list cannot be used. Returns the row to store.</summary>
    public ItemsRow NoteFault() => Row = (Row ?? new ItemsRow(No, 0, 0)) with { Fault = Fault };

    /// <summary>
    /// Returns the ended tasks without success among the next <paramref name="most"/> items, which must be queued
    /// again. Empty if there are none, or if items without tasks are next.
    /// </summary>
    public ImmutableArray<TaskId> Unsuccessful(int most) =>
    [
        .. items.Skip(Row!.Next).Take(most).Where(static item => item.State != TaskState.Succeeded)
            .Select(static item => item.Task),
    ];

    /// <summary>The task of an item that has one.</summary>
    public ItemStanding this[int item] => items[item];

    /// <summary>Records that the next item now has an open or a succeeded task.</summary>
    public void Deal(ItemStanding item)
    {
        var row = Row!;
        if (row.Next == row.Made)
            items.Add(item);
        else
            items[row.Next] = item;
        Count(item, 1);
        Row = row with { Next = row.Next + 1, Made = Math.Max(row.Made, row.Next + 1) };
    }

    /// <summary>Records the end of an item's task.</summary>
    public void Ended(int item, TaskState state, EndReason reason)
    {
        Count(items[item], -1);
        items[item] = ItemStanding.Of(items[item].Task, state, reason);
        Count(items[item], 1);
    }

    /// <summary>Stops new tasks and begins to cancel open ones. Returns the row to store; null for a repeat.</summary>
    public ItemsRow? Stop(long now)
    {
        cancelFrom = 0;
        Forget();
        return IsStopped ? null : Row = Row! with { StoppedAt = now };
    }

    /// <summary>Takes the next open task to cancel. Returns false if none is left or the looks are used up.</summary>
    public bool TryTakeToCancel(ref int looks, out TaskId found)
    {
        for (; IsCancelling && looks > 0; looks--)
        {
            var item = items[cancelFrom++];
            if (!item.IsOpen)
                continue;
            (found, looks) = (item.Task, looks - 1);
            return true;
        }

        found = default;
        return false;
    }

    /// <summary>Drops data that was read and is no longer needed.</summary>
    public void Forget()
    {
        (List, Template) = (null, null);
        Stored = new Dictionary<TaskId, OpenTask>();
    }

    /// <summary>
    /// Returns how the node's task ends. It fails if an item has failed, even if the node was cancelled: with
    /// <c>onFailure: cancel</c>, the failed item caused the cancel, and nodes that wait for this failure must run.
    /// </summary>
    public TaskEnd Outcome(long now)
    {
        if (Fault is not null)
            return new TaskEnd(TaskTrigger.Fail, EndReason.BadResult);
        if (failed > 0)
            return new TaskEnd(TaskTrigger.Fail, items.Find(static item => item.State == TaskState.Failed).Reason);
        return cancelled == 0 && Row!.Next == Row.Count
            ? new TaskEnd(TaskTrigger.Succeed, EndReason.Exit)
            : new TaskEnd(
                TaskTrigger.Cancel, EndReason.Cancelled, CancelRequestedAt: IsStopped ? Row!.StoppedAt : now);
    }

    /// <summary>Returns whether a task is that of an item.</summary>
    public bool Has(TaskId id) => items.Exists(item => item.Task == id);

    private void Count(ItemStanding item, int by)
    {
        open += item.IsOpen ? by : 0;
        failed += item.State == TaskState.Failed ? by : 0;
        cancelled += item.State == TaskState.Cancelled ? by : 0;
    }
}
