using System.Text.Json;
using OrleansTasks.Dispatch;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Worker;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Simulation.Workflows;

/// <summary>
/// Checks nodes with <c>forEach</c> from the commits alone: the list is what the other node left; each item gets one
/// task, in order, some in each commit; a task runs again only when the next run has come to it; the node ends when the
/// tasks of all its items have ended, not before, and soon; it succeeds when all of them have.
/// </summary>
/// <param name="tasks">The tasks as they are after the commit.</param>
/// <param name="coverage">What happened.</param>
/// <param name="options">The bounds of rounds and of pages.</param>
internal sealed class ItemReferee(
    IReadOnlyDictionary<TaskId, KnownTask> tasks, Coverage coverage, DispatchOptions options)
{
    // A new owner reads by pages: for so many commits, and two for each page, it may not end a node.
    private const int Reading = 64;
    private readonly Dictionary<(int QueueNo, long Node), Known> nodes = [];
    private readonly Dictionary<int, (long Epoch, int Commits)> owners = [];
    private readonly Dictionary<TaskId, Known> byTask = [];

    /// <summary>A command has begun: if it is that of an item, it finds the item.</summary>
    public static void Began(SimTree tree, IReadOnlyDictionary<TaskId, KnownTask> tasks)
    {
        if (!TaskId.TryParse(tree.Task, out var id) || !tasks.TryGetValue(id, out var task) || task.IsPruned)
            return;
        Violation.Unless(
            tree.ItemIndex == task.Submission.Item?.Index,
            $"{id} of {task.Submission.Item} finds the index {tree.ItemIndex}.");
        if (task.Submission.Item is not { } item)
            return;
        // The first element of every list names the task that has left it.
        Violation.Unless(
            item.Index != 0 || tasks[item.Node].Submission.After!.Value.Any(one => one.Task.ToString() == tree.Item),
            $"{id} is the first item of {item.Node}, and finds {tree.Item}.");
    }

    /// <summary>A commit is on the disk, and the tasks are as it has made them.</summary>
    public void Committed(QueueCommit commit)
    {
        var owner = owners.GetValueOrDefault(commit.QueueNo);
        owner = owner.Epoch == commit.Epoch ? (owner.Epoch, owner.Commits + 1) : (commit.Epoch, 1);
        owners[commit.QueueNo] = owner;
        foreach (var write in commit.Writes.Where(static write => write.New is { IsForEach: true }))
            nodes[(commit.QueueNo, write.Row.No)] = byTask[write.Row.Id] = new Known(write.Row.Id);
        var dealt = 0;
        foreach (var row in commit.Workflows?.Items ?? [])
            dealt += Take(nodes[(commit.QueueNo, row.Node)], row, commit);
        Violation.Unless(dealt <= options.Round.Items, $"A commit deals with {dealt} items.");
        foreach (var write in commit.Writes)
        {
            if (write.New is { Item: { } item })
                Add(byTask[item.Node], item.Index, write.Row);
            if (byTask.TryGetValue(write.Row.Id, out var node) && write.Row.State.IsFinal())
                CheckEnd(node, write.Row);
        }

        foreach (var node in nodes.Where(one => one.Key.QueueNo == commit.QueueNo).Select(static one => one.Value))
            CheckOpen(node, owner.Commits, commit.QueueNo);
    }

    private static void Add(Known node, int index, in TaskRow row)
    {
        Violation.Unless(
            node.Row is { } items && row.No == items.First + index && index < items.Made
                && node.Tasks.TryAdd(index, row.Id),
            $"{row.Id} is the item {index} of {node.Id}, which has {node.Row}.");
    }

    // Returns how many items the commit has dealt with.
    private int Take(Known node, ItemsRow row, QueueCommit commit)
    {
        var before = node.Row ?? new ItemsRow(row.Node, 0, 0);
        if (node.Row is null || (before.Count == 0 && before.Fault is not null))
            TakeList(node, row, commit);
        else
        {
            Violation.Unless(
                row.First == before.First && row.Count == before.Count && row.Made >= before.Made,
                $"The items of {node.Id} went from {before} to {row}.");
        }

        Violation.Unless(row.Next <= row.Made && row.Made <= row.Count, $"{node.Id} has {row}.");
        var isRetried = row.Next < before.Next || (before.StoppedAt != 0 && row.StoppedAt == 0);
        if (isRetried)
            coverage.Fire("items run again");
        var from = isRetried ? 0 : before.Next;
        for (var item = 0; item < before.Made; item++)
        {
            var task = tasks[node.Tasks[item]];
            var isDealtWith = item >= from && item < row.Next;
            Violation.Unless(
                !isDealtWith || !task.IsFinal || task.Row.State == TaskState.Succeeded || Moved(commit, task.Row.Id),
                $"The item {item} of {node.Id} was dealt with, and is {task.Row.State}.");
            Violation.Unless(
                isDealtWith || item < from || task.IsFinal, $"The item {item} of {node.Id} is open before its turn.");
        }

        if (row.Made < row.Count && row.Next > from)
            coverage.Fire("items in several commits");
        node.Row = row;
        return row.Next - from;
    }

    private void TakeList(Known node, ItemsRow row, QueueCommit commit)
    {
        var sources = tasks[node.Id].Submission.After!.Value.Where(static one => one.On == EndCondition.Succeeded)
            .Select(one => tasks[one.Task]).ToList();
        Violation.Unless(
            sources.Exists(static source => source.Row.State == TaskState.Succeeded),
            $"{node.Id} began before what it waits for.");
        if (row.Fault is not null)
        {
            Violation.Unless(
                sources.Exists(static source => ListOf(source) is null), $"{node.Id} has no list: {row.Fault}");
            coverage.Fire("no list of items");
            return;
        }

        var list = JsonSerializer.Deserialize<string[]>(commit.Workflows!.Lists[row.Node].Span)!;
        Violation.Unless(
            list.Length == row.Count
                && sources.Exists(source => ListOf(source) is { } left && left.SequenceEqual(list)),
            $"{node.Id} has {row.Count} items: {string.Join(", ", list)}.");
        coverage.Fire(row.Count == 0 ? "empty list of items" : "list of items");
    }

    private static IEnumerable<string>? ListOf(KnownTask task)
    {
        if (task.Row.State != TaskState.Succeeded
            || SimResults.Of(task.Row.Id.ToString(), task.Row.Attempt) is not { IsEmpty: false } left)
            return null;
        using var document = JsonDocument.Parse(left);
        return document.RootElement.ValueKind == JsonValueKind.Array
            ? [.. document.RootElement.EnumerateArray().Select(static item => item.ToString())]
            : null;
    }

    private static bool Moved(QueueCommit commit, TaskId id) => commit.Events.Any(entry => entry.Task == id);

    private void CheckEnd(Known node, in TaskRow row)
    {
        var states = node.Tasks.Values.Select(id => tasks[id]).ToList();
        Violation.Unless(
            states.TrueForAll(static task => task.IsFinal), $"{node.Id} ended before its items: {node.Row}.");
        var isWhole = node.Row is { Fault: null } items && items.Next == items.Count
            && states.TrueForAll(static task => task.Row.State == TaskState.Succeeded);
        if (node.IsEnded)
            return;
        node.IsEnded = true;
        // A retry and a cancel of the node in one commit leave all items as they are.
        Violation.Unless(
            (row.State == TaskState.Succeeded) == isWhole || row.State == TaskState.Cancelled,
            $"{node.Id} is {row.State}, and its items are "
            + $"{string.Join(", ", states.Select(static task => task.Row.State))}.");
        Violation.Unless(
            row.State != TaskState.Cancelled
            || !node.Tasks.Any(one => one.Key < node.Row!.Next && tasks[one.Value].Row.State == TaskState.Failed),
            $"{node.Id} is cancelled, and one of its items has failed.");
        if (node.Tasks.Count > 0)
            coverage.Fire($"node with items {row.State.Name()}");
    }

    private void CheckOpen(Known node, int commits, int queueNo)
    {
        var task = tasks[node.Id];
        if (task.IsFinal)
            return;
        node.IsEnded = false;
        var isDue = node.Row is { Count: > 0 } row && (row.StoppedAt != 0 || row.Next == row.Count)
            && node.Tasks.Values.All(id => tasks[id].IsFinal);
        node.Left = isDue ? node.Left + 1 : 0;
        // Nodes take turns: it ends in the next round, or after one round for each other node that may have work.
        if (node.Left == 1)
            node.Others = nodes.Count(one => one.Key.QueueNo == queueNo && !tasks[one.Value.Id].IsFinal) - 1;
        Violation.Unless(
            !isDue || node.Left <= 1 + node.Others || commits <= Reading + (2 * tasks.Count / options.RecoveryPage),
            $"{node.Id} is {task.Row.State} over {node.Left} commits, and the tasks of all its items have ended.");
    }

    private sealed class Known(TaskId id)
    {
        public TaskId Id => id;

        public ItemsRow? Row { get; set; }

        public Dictionary<int, TaskId> Tasks { get; } = [];

        public bool IsEnded { get; set; }

        /// <summary>How many commits have left it open although all of its items had ended.</summary>
        public int Left { get; set; }

        /// <summary>How many other nodes were open when the last of its items had ended.</summary>
        public int Others { get; set; }
    }
}
