using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>What readers of workflows ask for, of workflows and of their tasks together.</summary>
internal sealed partial class MemoryData
{
    /// <summary>The nodes of a workflow, in order; empty when there is none.</summary>
    internal ImmutableArray<WorkflowNodeRow> NodesOf(TaskId id) =>
        Workflows.Find(id) is { } found && Find(found.Queue) is { } queue
            ? TasksOf(queue, found.Row.No + 1, found.Row.Count)
            : [];

    /// <summary>The items of a workflow's nodes.</summary>
    internal ImmutableArray<StoredItems> ItemsOf(TaskId id)
    {
        if (Workflows.Find(id) is not { } found || Find(found.Queue) is not { } queue)
            return [];
        return
        [
            .. Workflows.ItemsOf(queue.No, found.Row).Select(row =>
            {
                var tasks = TasksOf(queue, row.First, row.Made);
                var started = tasks.Where(static task => task.StartedAt != 0).Select(static task => task.StartedAt);
                return new StoredItems((int)(row.Node - found.Row.No - 1), row, CountsOf(tasks))
                { StartedAt = started.DefaultIfEmpty().Min() };
            }),
        ];
    }

    /// <summary>The tasks of a node's items, in order.</summary>
    internal ImmutableArray<WorkflowNodeRow> ItemTasksOf(TaskId id, int node) =>
        Workflows.Find(id) is { } found && Find(found.Queue) is { } queue
        && Workflows.ItemsOf(queue.No, found.Row.No + 1 + node) is { } row
            ? TasksOf(queue, row.First, row.Made)
            : [];

    /// <summary>Which ended tasks of a workflow kept artifacts.</summary>
    internal ImmutableArray<KeptArtifacts> ArtifactsOf(TaskId id, int? node)
    {
        if (Workflows.Find(id) is not { } found || Find(found.Queue) is not { } queue)
            return [];
        var first = found.Row.No + 1;
        var own = Enumerable.Range(0, found.Row.Count)
            .Select(index => (Node: index, Item: (int?)null, No: first + index));
        var items = Workflows.ItemsOf(queue.No, found.Row).SelectMany(
            static row => Enumerable.Range(0, row.Made),
            (row, item) => (Node: (int)(row.Node - first), Item: (int?)item, No: row.First + item));
        return
        [
            .. own.Concat(items).Where(one => node is null || one.Node == node)
                .OrderBy(static one => one.Node).ThenBy(static one => one.Item)
                .Select(one => (one.Node, one.Item, Task: queue.Tasks[one.No]))
                .Where(static one => one.Task.Row.State.IsFinal() && one.Task.ToRecord().Artifacts is not null)
                .Select(static one => new KeptArtifacts(
                    one.Node, one.Item, one.Task.Row.Id, one.Task.FindOutput(0)!.Token, one.Task.ToRecord().Artifacts!)),
        ];
    }

    /// <summary>The list of a node's items.</summary>
    internal ReadOnlyMemory<byte> ItemListOf(TaskId id, int node) =>
        Workflows.Find(id) is { } found && Find(found.Queue) is { } queue
            ? Workflows.ListOf(queue.No, found.Row.No + 1 + node)
            : default;

    /// <summary>The jobs of a workflow's nodes.</summary>
    internal ImmutableArray<StoredNodeJob> NodeJobsOf(TaskId id) =>
        Workflows.Find(id) is { } found && Find(found.Queue) is { } queue
            ? [.. Workflows.JobsOf(queue.No, found.Row)
                .Select(row => new StoredNodeJob((int)(row.Node - found.Row.No - 1), row))]
            : [];

    /// <summary>What the command of a node, or of an item, can find.</summary>
    internal StoredInputs InputsOf(StoredTask task, int mostBytes)
    {
        // What the node of an item waits for, its items find.
        var node = task.Submission.Item is { } item ? Tasks.GetValueOrDefault(item.Node) : task;
        var tasks = (node?.Submission.After ?? []).Select(one => Tasks.GetValueOrDefault(one.Task)).OfType<StoredTask>()
            .ToList();
        ImmutableArray<NodeResult> after =
            [.. tasks.Select(found => new NodeResult(found.Submission.WorkflowNode ?? "", ValueOf(found)))];
        var run = task.Batch is { } workflow ? Workflows.Find(workflow)?.Row.Run ?? 1 : 1;
        return new StoredInputs(
            task.Row.Id, run,
            after.Sum(static one => (long)one.Value.Length) + tasks.Sum(LostBytesOf) > mostBytes ? default : after);
    }

    // Of an aggregate that was too large to be stored.
    private long LostBytesOf(StoredTask task) => task.Submission.IsJob && ValueOf(task).IsEmpty
        ? Workflows.JobOf(task.Queue.No, task.Row.No)?.AggregateBytes ?? 0
        : 0;

    private ReadOnlyMemory<byte> ValueOf(StoredTask task)
    {
        if (!task.Submission.IsForEach)
            return task.Value;
        if (Workflows.ItemsOf(task.Queue.No, task.Row.No) is not { } row || row is { Fault: not null, Count: 0 })
            return default;
        var values = Enumerable.Range(0, row.Made).Select(item => task.Queue.Tasks[row.First + item].Value)
            .Select(static value => value.IsEmpty ? "null" : Encoding.UTF8.GetString(value.Span));
        return Encoding.UTF8.GetBytes($"[{string.Join(',', values)}]");
    }

    private static ImmutableArray<WorkflowNodeRow> TasksOf(MemoryQueue queue, long first, int count)
    {
        var nodes = ImmutableArray.CreateBuilder<WorkflowNodeRow>(count);
        for (var node = 0; node < count; node++)
        {
            var row = queue.Tasks[first + node].Row;
            nodes.Add(new WorkflowNodeRow(node, row.Id, row.State, row.Reason, row.ExitCode, row.StartedAt)
            { EndedAt = row.EndedAt });
        }

        return nodes.MoveToImmutable();
    }

    private static ImmutableArray<int> CountsOf(ImmutableArray<WorkflowNodeRow> tasks)
    {
        var counts = new int[TaskStates.All.Length];
        foreach (var task in tasks)
            counts[(int)task.State]++;
        return [.. counts];
    }
}
