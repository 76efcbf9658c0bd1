using Orleans.Concurrency;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Failures;

namespace OrleansTasks.Rollouts;

/// <summary>
/// Reads rollouts for gateways from the store. Holds no state. If the store cannot be read, a call throws
/// <see cref="StoreUnavailableException"/>.
/// </summary>
[GrainType("rollout-reader"), StatelessWorker(16), Reentrant]
public sealed class RolloutReaderGrain(ITaskStore store) : Grain, IRolloutReaderGrain
{
    // Tasks read at once, and their bytes: their specs may have a megabyte each.
    private const int PageSize = 50;
    private const long PageBytes = 4 << 20;

    /// <inheritdoc/>
    public async Task<RolloutView?> Get(TaskId id) => await store.Rollouts.Get(id) is { } found ? View(found) : null;

    /// <inheritdoc/>
    public async Task<ImmutableArray<RolloutView>> List(TaskId? before, int limit) =>
        [.. (await store.Rollouts.List(before, limit)).Select(View)];

    /// <inheritdoc/>
    public async Task<ImmutableArray<HaltedRollout>> Halted(int limit) =>
    [
        .. (await store.Rollouts.Halted(limit)).Select(static row =>
            new HaltedRollout(row.Id, row.Name, row.Failed, row.WaveEndedAt)),
    ];

    /// <inheritdoc/>
    public async Task<ImmutableArray<RolloutNodeView>?> Nodes(TaskId id, RolloutNodeState? state, int after, int limit)
    {
        if (await Find(id, state, after, limit) is not var (found, nodes))
            return null;
        var tasks = await store.Find(found.QueueNo, [.. nodes.Select(static node => node.Task).OfType<TaskId>()]);
        var rows = tasks.ToDictionary(static task => task.Row.Id, static task => task.Row);
        return
        [
            .. nodes.Select(node =>
                View(node, node.Task is { } one && rows.TryGetValue(one, out var task) ? task : null)),
        ];
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<RolloutOutputGroup>?> Output(TaskId id, CancellationToken cancellation = default)
    {
        if (await Find(id, state: null, after: -1, int.MaxValue) is not var (_, all))
            return null;
        // The nodes whose tasks have ended, by task, without those whose task the list has shown.
        var unseen = all
            .Where(static node =>
                node is { State: RolloutNodeState.Succeeded or RolloutNodeState.Failed, Task: not null })
            .ToDictionary(static node => node.Task!.Value, static node => node.Node);
        var groups = new Dictionary<(int? ExitCode, string? Signal, EndReason Reason, string Sample), List<string>>();
        // Lists by label rather than reading each id, because only a list is limited in bytes.
        var filter = TaskFilter.All with { Labels = [new Label(RolloutSpec.Label, id.ToString())] };
        var query = new TaskListQuery(filter, TaskSort.Created, 0, null, PageSize, AsRows: false) { MostBytes = PageBytes };
        while (unseen.Count > 0 && await store.ListBy(query, cancellation) is { IsEmpty: false } page)
        {
            foreach (var task in page)
            {
                // Tasks of earlier tries also have the label, and so may tasks that users submitted.
                if (!task.State.IsFinal() || !unseen.Remove(task.Id, out var node))
                    continue;
                var sizes = new OutputSizes(task.StdoutBytes, task.StderrBytes, task.Truncated);
                var text = task.State == TaskState.Succeeded
                    ? FailureText.LastLines(task.Tail.Span, sizes)
                    : FailureText.Of(task.Tail.Span, sizes);
                var key = (task.ExitCode, task.Signal, task.Reason, text);
                if (!groups.TryGetValue(key, out var alike))
                    groups.Add(key, alike = []);
                alike.Add(node);
            }

            query = query with { After = new TaskPosition(page[^1].Id.CreatedAt, page[^1].Id) };
        }

        return
        [
            .. groups.Select(static group => new RolloutOutputGroup(
                    group.Key.ExitCode, group.Key.Signal, group.Key.Reason, group.Key.Sample,
                    [.. group.Value.Order(StringComparer.Ordinal)]))
                .OrderByDescending(static group => group.Nodes.Length)
                .ThenBy(static group => group.Nodes[0], StringComparer.Ordinal),
        ];
    }

    // Reads the nodes first: retention may remove the rollout between the reads, and the other order would show it
    // without nodes. Null if it is not stored.
    private async Task<(StoredRollout Rollout, ImmutableArray<RolloutNodeRow> Nodes)?> Find(
        TaskId id, RolloutNodeState? state, int after, int limit)
    {
        var nodes = await store.Rollouts.Nodes(id, state, after, limit);
        return await store.Rollouts.Get(id) is { } found ? (found, nodes) : null;
    }

    private static RolloutView View(StoredRollout found)
    {
        var row = found.Row;
        return new RolloutView(
            row.Id, found.Queue, row.Name, row.State, row.Wave + 1,
            // In the order of RolloutNodeState.
            [row.Pending, row.Away, row.Open, row.Succeeded, row.Failed], found.Spec)
        {
            WaveEndedAt = row.WaveEndedAt,
            EndedAt = row.EndedAt,
            CancelRequestedAt = row.CancelRequestedAt,
        };
    }

    private static RolloutNodeView View(RolloutNodeRow node, TaskRow? task) =>
        new(node.Place, node.Node, node.State, node.Tries, node.Task)
        {
            TaskState = task?.State,
            Reason = task?.Reason ?? EndReason.None,
            ExitCode = task?.ExitCode,
            StartedAt = task?.StartedAt ?? 0,
            EndedAt = task?.EndedAt ?? 0,
        };
}
