using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Workflows;

/// <summary>Creates the tasks of a workflow's nodes.</summary>
public static class WorkflowTasks
{
    /// <summary>Returns the tasks, in the order of the nodes.</summary>
    /// <param name="workflow">The workflow's id.</param>
    /// <param name="spec">The workflow.</param>
    /// <param name="document">The document from which the spec was read.</param>
    /// <param name="nextId">Creates the tasks' ids.</param>
    /// <param name="secrets">
    /// The <c>secretEnv</c> objects by node index, as UTF-8 JSON; null if they are in the document.
    /// </param>
    /// <param name="variables">Additional environment variables for the commands.</param>
    /// <param name="jobVariables">
    /// Further environment variables for the commands of nodes' jobs, by node index; null for none.
    /// </param>
    public static ImmutableArray<TaskSubmission> Of(
        TaskId workflow, WorkflowSpec spec, ReadOnlySpan<byte> document, Func<TaskId> nextId,
        IReadOnlyDictionary<int, byte[]>? secrets = null, ImmutableArray<(string Name, string Value)>? variables = null,
        IReadOnlyDictionary<int, ImmutableArray<(string Name, string Value)>>? jobVariables = null)
    {
        var ids = new TaskId[spec.Nodes.Length];
        var byName = new Dictionary<string, TaskId>(ids.Length, StringComparer.Ordinal);
        for (var i = 0; i < ids.Length; i++)
            byName[spec.Nodes[i].Name] = ids[i] = nextId();
        var tasks = ImmutableArray.CreateBuilder<TaskSubmission>(ids.Length);
        for (var i = 0; i < ids.Length; i++)
        {
            var (node, task) = (spec.Nodes[i], spec.Nodes[i].Task);
            var given = node.Extent.CopySpec(document);
            var text = node.Job is null
                ? NodeSpecText.Write(given, workflow, node.Name, task, variables ?? [], FilesOf(task, byName))
                : NodeJobText.WriteTask(given, workflow, node.Name, task, VariablesOf(i));
            var secretEnv = secrets is null ? node.Extent.CopySecrets(document) : secrets.GetValueOrDefault(i);
            tasks.Add(new TaskSubmission(
                ids[i], task.Name, task.Priority, task.RunAt, task.ExpiresAt, task.Retry, task.Labels, task.Requires,
                task.Needs, text, secretEnv, task.Concurrency, AfterOf(spec, i, ids), node.Name)
            {
                Files = node.Job?.Source.NamedFiles ?? task.KeptFiles,
                IsForEach = node.ForEach is not null,
                IsJob = node.Job is not null,
                Resources = task.Asks,
                Lasts = task.Lasts,
            });
        }

        return tasks.MoveToImmutable();

        ImmutableArray<(string Name, string Value)> VariablesOf(int job) =>
            jobVariables is not null && jobVariables.TryGetValue(job, out var own)
                ? [.. variables ?? [], .. own]
                : variables ?? [];
    }

    // Returns the files of a node's task, with the ids of other nodes' tasks in place of the nodes' names; null if the
    // task gets no files from other nodes.
    private static ImmutableArray<TaskFile>? FilesOf(TaskSpec task, Dictionary<string, TaskId> ids)
    {
        if (!task.Files.Any(static file => file.Node is not null))
            return null;
        return
        [
            .. task.Files.Select(file => file.Node is { } name ? file with { Node = null, Task = ids[name] } : file),
        ];
    }

    private static ImmutableArray<TaskDependency>? AfterOf(WorkflowSpec spec, int node, TaskId[] ids)
    {
        var edges = spec.Graph.AfterOf(node);
        if (edges.IsEmpty)
            return null;
        var after = ImmutableArray.CreateBuilder<TaskDependency>(edges.Length);
        foreach (var edge in edges)
            after.Add(new TaskDependency(ids[edge.Other], edge.On));
        return after.MoveToImmutable();
    }
}
