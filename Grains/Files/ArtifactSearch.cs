using OrleansTasks.Jobs;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Files;

/// <summary>Finds artifacts of tasks that have ended, by pattern.</summary>
/// <param name="tasks">The tasks.</param>
/// <param name="index">What attempts left.</param>
public sealed class ArtifactSearch(ITaskStore tasks, IFileIndex index)
{
    private const int Page = 1_000;

    /// <summary>
    /// Returns the attempts that left a task's artifacts. There is one; for the own task of a node with <c>forEach</c>,
    /// there is one for each item; for that of a node that runs a job, it is the job. Returns null if no attempt left
    /// artifacts or some have expired, and none for a node without items.
    /// </summary>
    public async Task<ImmutableArray<KeptArtifacts>?> Kept(TaskId task)
    {
        if (await tasks.Get(task) is not { } record || !record.State.IsFinal())
            return null;
        if (record.Artifacts is { } totals)
        {
            if (totals.IsExpired)
                return null;
            return await tasks.FindOutput(task, 0) is { } latest
                ? [new KeptArtifacts(0, null, task, latest.Token, totals)] : null;
        }

        if (record is not { WorkflowNode: not null, WorkflowItem: null, Batch: { } workflow }
            || (await tasks.Workflows.Nodes(workflow)).FirstOrDefault(node => node.Task == task) is not { } node)
            return null;
        var kept = await OfWorkflow(workflow, node.Node);
        if (kept.Any(static one => one.Totals.IsExpired))
            return null;
        if (!kept.IsEmpty)
            return kept;
        var items = (await tasks.Workflows.Items(workflow)).FirstOrDefault(items => items.Node == node.Node);
        return items is { Row: { Fault: null, Count: 0 } } ? [] : null;
    }

    /// <summary>
    /// Returns the attempts that left the artifacts of a workflow's nodes, by node and item, and the jobs of nodes that
    /// left their results.
    /// </summary>
    /// <param name="workflow">The workflow.</param>
    /// <param name="node">The index of a node; null for all nodes.</param>
    public async Task<ImmutableArray<KeptArtifacts>> OfWorkflow(TaskId workflow, int? node)
    {
        var kept = (await tasks.Workflows.Artifacts(workflow, node)).ToList();
        foreach (var run in await tasks.Workflows.Jobs(workflow))
        {
            if ((node is null || run.Node == node) && run.Row.Job is { } job
                && await OfJob(job) is { Count: > 0 } totals)
                kept.Add(new KeptArtifacts(run.Node, null, job, ResultsFile.Token, totals));
        }

        return [.. kept.OrderBy(static one => one.Node).ThenBy(static one => one.Item)];
    }

    // They are recorded before the job ends. Only the end as succeeded makes them the job's.
    private async Task<ArtifactTotals?> OfJob(TaskId job)
    {
        if (await tasks.Jobs.Get(job) is not { State: JobState.Succeeded })
            return null;
        var (count, bytes) = await index.CountArtifacts(job, ResultsFile.Token);
        return new ArtifactTotals((int)count, bytes);
    }

    /// <summary>Returns an attempt's artifacts that match a pattern, by path.</summary>
    public async IAsyncEnumerable<ArtifactRow> Matching(KeptArtifacts kept, PathPattern pattern)
    {
        if (pattern.LiteralPath is { } path)
        {
            if (await index.FindArtifact(kept.Task, kept.Token, path) is { } found)
                yield return found;
            yield break;
        }

        for (string? after = null; kept.Totals.Count > 0;)
        {
            var page = await index.Artifacts(kept.Task, kept.Token, after, Page);
            foreach (var row in page.Where(row => pattern.Matches(row.Path)))
                yield return row;
            if (page.Length < Page)
                yield break;
            after = page[^1].Path;
        }
    }
}
