using System.Collections.Frozen;
using System.Text.Json;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Definitions;

/// <summary>
/// Puts what definitions start into the nodes of a workflow that name them. The workflow keeps these versions and
/// values, so its nodes need neither the definitions nor a gateway.
/// </summary>
/// <param name="uses">Finds definitions.</param>
/// <param name="time">The clock.</param>
public sealed class NodeDefinitions(DefinitionUses uses, TimeProvider time)
{
    /// <summary>Reads a workflow that may name definitions. Returns null if it added faults.</summary>
    internal async Task<FilledWorkflow?> Read(byte[] body, SpecErrors errors)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (await Expand(body, now, errors) is not { } expanded)
        {
            return errors.IsEmpty && WorkflowSpecReader.Read(body, now, errors) is { } plain
                ? new FilledWorkflow(plain, body, null) : null;
        }

        // Nodes that come from a definition's workflow have names such as build/compile.
        var faults = new SpecErrors { AllowsNodePaths = true };
        if (WorkflowSpecReader.Read(expanded.Body, now, faults) is { } spec)
            return new FilledWorkflow(spec, expanded.Body, expanded);
        // Several nodes that come from one definition may have the same fault.
        foreach (var fault in faults.All.Select(expanded.AsWritten).Distinct())
            errors.Add(fault.Path, fault.Message);
        return null;
    }

    /// <summary>
    /// Returns a workflow with tasks and jobs in place of definitions; null if no node names one, or if it added faults.
    /// </summary>
    internal async Task<ExpandedWorkflow?> Expand(JsonElement workflow, long now, SpecErrors errors) =>
        NodeExpansion.Expand(
            workflow, new NodeScope(await uses.NodesIn(workflow), Path: []), secretPlaces: FrozenSet<string>.Empty, now,
            errors);

    private async Task<ExpandedWorkflow?> Expand(byte[] body, long now, SpecErrors errors)
    {
        // Few workflows name a definition, and the others need no parsed document.
        if (!JsonFields.MayHave(body, "\"definition\""u8))
            return null;
        using var document = JsonFields.Parse(body, errors);
        return document is null ? null : await Expand(document.RootElement, now, errors);
    }
}

/// <summary>A workflow whose nodes have tasks and jobs in place of definitions.</summary>
/// <param name="Spec">The workflow.</param>
/// <param name="Body">The document from which it was read.</param>
/// <param name="Expanded">Where each node comes from; null if no node names a definition.</param>
internal sealed record FilledWorkflow(WorkflowSpec Spec, byte[] Body, ExpandedWorkflow? Expanded)
{
    /// <summary>Returns a fault of the document as a fault of the workflow as it was written.</summary>
    public SpecError AsWritten(SpecError fault) => Expanded?.AsWritten(fault) ?? fault;

    /// <summary>Creates the tasks of the nodes, which name the definitions that they come from.</summary>
    /// <param name="id">The workflow's id.</param>
    /// <param name="nextId">Creates the tasks' ids.</param>
    public ImmutableArray<TaskSubmission> Tasks(TaskId id, Func<TaskId> nextId) =>
        Tasks(id, Spec, Body, Expanded?.Nodes ?? [], nextId);

    /// <summary>Creates the tasks of the nodes of a workflow, which name the definitions that they come from.</summary>
    /// <param name="id">The workflow's id.</param>
    /// <param name="spec">The workflow, without definitions.</param>
    /// <param name="body">The document from which the spec was read.</param>
    /// <param name="nodes">Where each node comes from; empty if no node comes from a definition.</param>
    /// <param name="nextId">Creates the tasks' ids.</param>
    public static ImmutableArray<TaskSubmission> Tasks(
        TaskId id, WorkflowSpec spec, byte[] body, ImmutableArray<ExpandedNode> nodes, Func<TaskId> nextId)
    {
        if (nodes.IsEmpty)
            return WorkflowTasks.Of(id, spec, body, nextId);
        // Only jobs get the variables of their parameters here: tasks have theirs in the body.
        var variables = nodes.Index().Where(one => spec.Nodes[one.Index].Job is not null)
            .ToDictionary(static one => one.Index, static one => one.Item.Variables);
        return
        [
            .. WorkflowTasks.Of(id, spec, body, nextId, jobVariables: variables)
                .Select((task, node) => nodes[node].Definition is { } definition
                    ? task with { Labels = DefinitionLabels.With(task.Labels, definition) } : task),
        ];
    }
}
