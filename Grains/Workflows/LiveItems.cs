using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// The items of one node with <c>forEach</c> of a running workflow: how their tasks stand, what is still to be done for
/// them, and from that alone whether the node has ended and how. Pure. Times are Unix milliseconds.
/// </summary>
/// <remarks>
/// <code>
/// idle       the node's task waits for other tasks, or has ended
/// begun      Begin: the conditions of the node are met
///   listing    the list is not known: ItemReading reads it, then Listed or Failed
///   dealing    Row.Next &lt; Row.Count: tasks are made, or queued again, some in each round
///   dealt      every item has a task of this run; waits for the open ones
///   stopped    no further item is dealt with; open tasks are cancelled, some in each round
/// idle       End: the node's task has ended
/// </code>
/// A retry resets <see cref="ItemsRow.Next"/>, and the node waits for its conditions again.
/// </remarks>
internal sealed class LiveItems(
    WorkflowRow workflow, OutlineNode outline, int node, TaskId task, TaskId source, string sourceName)
{
    private readonly List<ItemStanding> items = [];
    private int open;
    private int failed;
    private int cancelled;

    // The next item that a stop looks at.
    private int cancelFrom;

    /// <summary>The workflow.</summary>
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

    /// <summary>Where the list is.</summary>
    public ForEach ForEach => outline.ForEach!;

    /// <summary>What is stored; null until the list has been read.</summary>
    public ItemsRow? Row { get; private set; }

    /// <summary>Whether the conditions of the node are met, and the node has not ended.</summary>
    public bool IsBegun { get; private set; }

    /// <summary>The items in order, those that are to have tasks; null when they are not in memory.</summary>
    public ImmutableArray<string>? List { get; private set; }

    /// <summary>Makes the tasks; null when it is not in memory.</summary>
    public ItemTemplate? Template { get; private set; }

    /// <summary>Ended tasks that are to be queued again, as the store has them.</summary>
    public IReadOnlyDictionary<TaskId, OpenTask> Stored { get; private set; } = new Dictionary<TaskId, OpenTask>();

    /// <summary>Why the list cannot be used, for people, once that is found.</summary>
    public string? Fault { get; private set; }

    /// <summary>Whether no item may be dealt with now; <see cref="ItemNodes"/> says so.</summary>
    public bool IsHeld { get; set; }

    /// <summary>How many tasks of items are open.</summary>
    public int OpenCount => open;

    /// <summary>Whether the list is to be read.</summary>
    public bool IsListing => Row is null or { Fault: not null, Count: 0 };

    /// <summary>Whether it was cancelled.</summary>
    public bool IsStopped => Row is { StoppedAt: not 0 };

    /// <summary>
    /// Whether <see cref="ItemReading"/> is to read something before the next items can be dealt with: the list and the
    /// template, or ended tasks that are to be queued again.
    /// </summary>
    public bool NeedsRead => IsDealing && !IsHeld && (!IsListing && Row!.Next < Row.Made
        ? Unsuccessful(ItemNodes.Page).Any(id => !Stored.ContainsKey(id))
        : List is null || Template is null);

    /// <summary>Whether something is to be done for it that needs no read.</summary>
    public bool HasWork => IsCancelling || IsDone || (IsDealing && !IsHeld && !NeedsRead);

    /// <summary>Whether items are left to deal with.</summary>
    public bool IsDealing => IsBegun && !IsStopped && Fault is null && (IsListing || Row!.Next < Row.Count);

    /// <summary>Whether a stop has items left to look at.</summary>
    public bool IsCancelling => IsBegun && IsStopped && cancelFrom < items.Count && open > 0;

    /// <summary>Whether the node is to end: <see cref="Outcome"/> says how.</summary>
    public bool IsDone =>
        IsBegun && open == 0 && (Fault is not null || (!IsListing && (IsStopped || Row!.Next == Row.Count)));

    /// <summary>Whether a task has ended without success in this run.</summary>
    public bool HasFailures => failed + cancelled > 0;

    /// <summary>How many tasks are open, and the first of them.</summary>
    public (int Count, ImmutableArray<TaskId> First) Open => (
        open,
        [.. items.Where(static item => item.IsOpen).Take(Dependencies.MostNamed).Select(static item => item.Task)]);

    /// <summary>Takes what is stored, when the workflow is loaded.</summary>
    /// <param name="row">The items.</param>
    /// <param name="tasks">Their tasks, in order.</param>
    /// <param name="isOpen">Whether the node's task is open.</param>
    public void Load(ItemsRow row, IEnumerable<WorkflowNodeRow> tasks, bool isOpen)
    {
        Row = row;
        foreach (var one in tasks)
        {
            items.Add(ItemStanding.Of(one.Task, one.State, one.Reason));
            if (items.Count <= row.Next)
                Count(items[^1], 1);
        }

        // Before anything was dealt with it may wait for its conditions: whether they are met is found again.
        IsBegun = isOpen && row.Fault is null && (row.Next > 0 || row.StoppedAt != 0);
    }

    /// <summary>The conditions of the node are met.</summary>
    public void Begin() => (IsBegun, Fault) = (true, null);

    /// <summary>The node's task has ended.</summary>
    public void End()
    {
        (IsBegun, Fault) = (false, null);
        Forget();
    }

    /// <summary>The node is to run again: what did not succeed is dealt with anew.</summary>
    /// <returns>The row to store; null when there is none.</returns>
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

    /// <summary>Takes the tasks that are to be queued again, as the store has them.</summary>
    public void Take(IEnumerable<OpenTask> tasks) => Stored = tasks.ToDictionary(static found => found.Row.Id);

    /// <summary>The list, or what a task is made of, cannot be used: the node fails.</summary>
    /// <param name="fault">Why, for people.</param>
    public void Fail(string fault) => Fault = fault;

    /// <summary>The list is known: its items get numbers.</summary>
    /// <returns>The row to store.</returns>
    public ItemsRow Number(long first, int count) => Row = new ItemsRow(No, count == 0 ? 0 : first, count);

    /// <summary>The list cannot be used, which is to be stored.</summary>
    /// <returns>The row to store.</returns>
    public ItemsRow NoteFault() => Row = (Row ?? new ItemsRow(No, 0, 0)) with { Fault = Fault };

    /// <summary>
    /// The ended tasks without success among the next items, which are to be queued again; empty when none of up to
    /// <paramref name="most"/> items is to be, or items without tasks are next.
    /// </summary>
    public ImmutableArray<TaskId> Unsuccessful(int most) =>
    [
        .. items.Skip(Row!.Next).Take(most).Where(static item => item.State != TaskState.Succeeded)
            .Select(static item => item.Task),
    ];

    /// <summary>The task of an item, which has one.</summary>
    public ItemStanding this[int item] => items[item];

    /// <summary>The next item has been dealt with; it has an open task, or one that has succeeded.</summary>
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

    /// <summary>The task of an item has ended.</summary>
    public void Ended(int item, TaskState state, EndReason reason)
    {
        Count(items[item], -1);
        items[item] = ItemStanding.Of(items[item].Task, state, reason);
        Count(items[item], 1);
    }

    /// <summary>No further item is dealt with, and open tasks are cancelled.</summary>
    /// <returns>The row to store; null when that was asked for before.</returns>
    public ItemsRow? Stop(long now)
    {
        cancelFrom = 0;
        Forget();
        return IsStopped ? null : Row = Row! with { StoppedAt = now };
    }

    /// <summary>Takes the next open task to cancel; false when none is left, or the looks are used up.</summary>
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

    /// <summary>Drops what was read and is not needed any more.</summary>
    public void Forget()
    {
        (List, Template) = (null, null);
        Stored = new Dictionary<TaskId, OpenTask>();
    }

    /// <summary>
    /// How the node's task ends. It fails if an item has failed, even if it was cancelled: with
    /// <c>onFailure: cancel</c> the failed item is why it was, and nodes that wait for it to fail are to run.
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

    /// <summary>Whether a task is that of an item.</summary>
    public bool Has(TaskId id) => items.Exists(item => item.Task == id);

    private void Count(ItemStanding item, int by)
    {
        open += item.IsOpen ? by : 0;
        failed += item.State == TaskState.Failed ? by : 0;
        cancelled += item.State == TaskState.Cancelled ? by : 0;
    }
}
