using Orleans.Concurrency;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Workflows;

/// <summary>
/// Reads workflows for gateways from the store, and counts their nodes. Holds no state. If the store cannot be read, a
/// call throws <see cref="StoreUnavailableException"/>.
/// </summary>
[GrainType("workflow-reader"), StatelessWorker(16), Reentrant]
public sealed class WorkflowReaderGrain(ITaskStore store) : Grain, IWorkflowReaderGrain
{
    private const int PageSize = 256;

    /// <inheritdoc/>
    public async Task<WorkflowView?> Get(TaskId id) =>
        await store.Workflows.Get(id) is { } found ? await View(found) : null;

    /// <inheritdoc/>
    public async Task<ImmutableArray<WorkflowView>> List(
        WorkflowFilter filter, TaskId? before, int limit, CancellationToken cancellation = default)
    {
        var views = ImmutableArray.CreateBuilder<WorkflowView>();
        while (views.Count < limit)
        {
            var page = await store.Workflows.List(before, PageSize, cancellation);
            foreach (var found in page.Where(found => Matches(found, filter)).Take(limit - views.Count))
            {
                cancellation.ThrowIfCancellationRequested();
                if (await Get(found.Row.Id) is { } view)
                    views.Add(view);
            }

            // Ids contain times, so nothing older can match. A text is searched for in the newest page only.
            if (page.Length < PageSize || page[^1].Row.Id.CreatedAt <= filter.CreatedAfter || filter.Text is not null)
                break;
            before = page[^1].Row.Id;
        }

        return views.ToImmutable();
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<WorkflowNodeView>?> Nodes(TaskId id, TaskState? state, int after, int limit)
    {
        if (await store.Workflows.Get(id) is not { } found)
            return null;
        var outline = WorkflowOutline.Read(found.Outline);
        var items = await ItemsOf(id, outline);
        var jobs = await JobsOf(id, outline);
        return
        [
            .. (await store.Workflows.Nodes(id))
                .Select(node => node with { State = StateOf(node, outline, items, jobs) })
                .Where(node => node.Node > after && (state is null || node.State == state)).Take(limit)
                .Select(node => View(
                    node, outline, items.GetValueOrDefault(node.Node), jobs.GetValueOrDefault(node.Node)?.Job)),
        ];
    }

    private static bool Matches(StoredWorkflow found, WorkflowFilter filter) =>
        (filter.State is null || found.Row.State == filter.State)
        && (filter.Queue is null || found.Queue == filter.Queue)
        && (filter.Name is null || found.Row.Name == filter.Name)
        && (filter.CreatedAfter is null || found.Row.Id.CreatedAt > filter.CreatedAfter)
        && (filter.CreatedBefore is null || found.Row.Id.CreatedAt < filter.CreatedBefore)
        && filter.Labels.All(found.Row.Labels.Contains)
        && (filter.Text is null || Has(found.Row, filter.Text));

    private static bool Has(WorkflowRow row, string text) =>
        row.Name.Contains(text, StringComparison.OrdinalIgnoreCase)
        || row.Labels.Any(label => text == $"{label.Key}={label.Value}");

    /// <summary>
    /// Returns a view. If the outline is unreadable, the view has only the row, so that one workflow hides no others.
    /// </summary>
    private async Task<WorkflowView> View(StoredWorkflow found)
    {
        WorkflowOutline outline;
        try
        {
            outline = WorkflowOutline.Read(found.Outline);
        }
        catch (FormatException)
        {
            return ViewOfRow(found) with { ByState = [.. new int[TaskStates.All.Length]] };
        }

        var nodes = await store.Workflows.Nodes(found.Row.Id);
        var byState = new int[TaskStates.All.Length];
        var items = await ItemsOf(found.Row.Id, outline);
        var jobs = await JobsOf(found.Row.Id, outline);
        foreach (var node in nodes)
            byState[(int)StateOf(node, outline, items, jobs)]++;
        var started = nodes.Where(static node => node.StartedAt != 0).Select(static node => (long?)node.StartedAt)
            .Concat(jobs.Values.Select(static job => job.Job?.CreatedAt)).Min();
        return ViewOfRow(found) with
        {
            OnFailure = outline.OnFailure,
            StartedAt = started,
            ByState = [.. byState],
            FailedNodes =
            [
                .. Culprits(found.Row.State, nodes, outline).Take(WorkflowView.MostFailedNodes)
                    .Select(node => outline.Nodes[node.Node].Name),
            ],
        };
    }

    // The nodes that failed, except nodes that may fail. If none did, the workflow failed because a caller cancelled
    // nodes, and these are named; with onFailure cancel, only the first of them, which cancelled the others.
    private static IEnumerable<WorkflowNodeRow> Culprits(
        WorkflowState state, IReadOnlyList<WorkflowNodeRow> nodes, WorkflowOutline outline)
    {
        var strict = nodes.Where(node => !outline.Nodes[node.Node].MayFail).ToArray();
        var failed = strict.Where(static node => node.State == TaskState.Failed).ToArray();
        if (failed.Length > 0 || state != WorkflowState.Failed)
            return failed;
        var cancelled = strict
            .Where(static node => node.State == TaskState.Cancelled && node.Reason != EndReason.Skipped).ToArray();
        var first = cancelled.Min(static node => (long?)node.EndedAt);
        return outline.OnFailure == FailureRule.Cancel ? cancelled.Where(node => node.EndedAt == first) : cancelled;
    }

    private static WorkflowView ViewOfRow(StoredWorkflow found) =>
        new(found.Row.Id, found.Queue, found.Row.Name, found.Row.State)
        {
            Run = found.Row.Run,
            Labels = found.Row.Labels,
            EndedAt = Time(found.Row.EndedAt),
            CancelRequestedAt = Time(found.Row.CancelRequestedAt),
        };

    private async Task<Dictionary<int, StoredItems>> ItemsOf(TaskId id, WorkflowOutline outline) =>
        outline.Nodes.Any(static node => node.ForEach is not null)
            ? (await store.Workflows.Items(id)).ToDictionary(static items => items.Node)
            : [];

    private async Task<Dictionary<int, NodeJobRow>> JobsOf(TaskId id, WorkflowOutline outline) =>
        outline.Nodes.Any(static node => node.IsJob)
            ? (await store.Workflows.Jobs(id)).ToDictionary(static job => job.Node, static job => job.Row)
            : [];

    // The own task of a node with forEach or a job is scheduled while its items or its job run. Users see the node as
    // queued or running then.
    private static TaskState StateOf(
        WorkflowNodeRow node, WorkflowOutline outline, Dictionary<int, StoredItems> items, Dictionary<int, NodeJobRow> jobs)
    {
        if (node.State == TaskState.Scheduled && outline.Nodes[node.Node] is { IsJob: true } one)
        {
            return jobs.GetValueOrDefault(node.Node)?.Job is not null ? TaskState.Running
                : one.After.IsEmpty ? TaskState.Queued
                : TaskState.Scheduled;
        }

        // While no item has a task, the stored state is right.
        if (node.State != TaskState.Scheduled || items.GetValueOrDefault(node.Node) is not { Row.Next: > 0 } found)
            return node.State;
        var waiting = found.ByState[(int)TaskState.Scheduled] + found.ByState[(int)TaskState.Queued];
        return waiting == found.ByState.Sum() ? TaskState.Queued : TaskState.Running;
    }

    private static WorkflowNodeView View(WorkflowNodeRow row, WorkflowOutline outline, StoredItems? items, TaskId? job)
    {
        var node = outline.Nodes[row.Node];
        return new WorkflowNodeView(
            row.Node, node.Name, row.Task, row.State, row.Reason, row.ExitCode,
            [.. node.After.Select(edge => outline.Nodes[edge.Other].Name)],
            [.. node.After.Select(static edge => edge.On)],
            node.MayFail)
        {
            IsJob = node.IsJob,
            Job = job,
            Items = node.ForEach is null ? null : View(row, items),
            StartedAt = Time(row.StartedAt != 0 ? row.StartedAt : items?.StartedAt ?? job?.CreatedAt ?? 0),
            EndedAt = Time(row.EndedAt),
            ForEach = node.ForEach is { } from
                ? new ForEachView(outline.Nodes[from.Node].Name, from.From, from.Select)
                : null,
        };
    }

    private static long? Time(long stored) => stored == 0 ? null : stored;

    private static ItemCounts View(WorkflowNodeRow row, StoredItems? items) => items is { Row.Fault: null }
        ? new ItemCounts(items.Row.Count, items.ByState, null)
        : new ItemCounts(
            null, items?.ByState ?? [.. new int[TaskStates.All.Length]],
            row.State == TaskState.Failed ? items?.Row.Fault : null);
}
