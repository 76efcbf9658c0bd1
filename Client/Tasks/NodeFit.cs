using OrleansTasks.Contract;
using OrleansTasks.Nodes;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tasks;

/// <summary>Whether a node could run a task.</summary>
/// <param name="Code">A code for the reason why it could not; null if it could.</param>
/// <param name="Detail">The same reason, human-readable.</param>
internal readonly record struct NodeFit(string? Code, string? Detail)
{
    private const int MostNamed = 5;

    // The limits that a spec can set. Other capabilities have no names in the contract.
    private static readonly (Limits Limit, string Name)[] LimitNames =
        [.. EnumNames.Of(typeof(Limits)).Select(static value => ((Limits)value.Value, value.Name))];

    // The capabilities besides limits that a task may need, and what is said of a node that lacks one.
    private static readonly (Limits Need, string Code, string Detail)[] Capabilities =
    [
        (Limits.Results, "result",
            "This worker does not accept results. Upgrade it, or submit with \"result\": false."),
        (Limits.Files, "files", "This worker neither takes files nor keeps artifacts. Upgrade it."),
        (Limits.Sandbox, "isolation",
            "The task runs in a sandbox, which this node cannot build; its worker's log says why."),
        (Limits.SandboxHosts, "isolation",
            "The task's sandbox reaches listed hosts, which this node cannot do. Upgrade its worker, or see its log."),
        (Limits.Container, "isolation",
            "The task runs in a container, which this node cannot do; its worker's log says why."),
        (Limits.Pins, "resource",
            "The task needs cores of its own, which this node cannot give. Upgrade its worker; if it is of this "
            + "version, it offers more cores than it may use: lower its --resource cpu."),
    ];

    /// <summary>Compares a node with a task's requirements. Ignores whether the node has a free slot.</summary>
    public static NodeFit Of(NodeView node, TaskSpec task)
    {
        foreach (var required in task.Requires)
        {
            if (!node.Labels.Contains(required))
                return new NodeFit("label", $"The task requires the label {required.Key}={required.Value}, but the "
                    + $"node {Has(node, required.Key)}.");
        }

        foreach (var (limit, name) in LimitNames)
        {
            if (task.Limits.Kinds.HasFlag(limit) && !node.Enforces.HasFlag(limit))
                return new NodeFit("limit", $"The task has the limit {name}, which the node cannot enforce.");
        }

        foreach (var (need, code, detail) in Capabilities)
        {
            if (task.Needs.HasFlag(need) && !node.Enforces.HasFlag(need))
                return new NodeFit(code, detail);
        }

        if (node.Enforces.HasFlag(Limits.HandlersOnly) && !task.Requires.Any(static label => label.NamesHandler))
        {
            return new NodeFit(
                "handlers-only", "This worker only runs handlers, for tasks that require a label handler/NAME.");
        }

        // Only a node that is there says what it offers.
        if (node.State is not (NodeState.Lost or NodeState.Gone) && FaultOfResources(node, task) is { } lacking)
            return lacking;
        return node.State switch
        {
            NodeState.Draining => new NodeFit("draining", "The node is draining and accepts no new work."),
            NodeState.Lost => new NodeFit("lost", "The node is not reporting."),
            NodeState.Gone => new NodeFit("gone", "The node's worker has left."),
            _ => default,
        };
    }

    /// <summary>
    /// Names the nodes that could run a task if they were not draining, and how to resume the first of them; null if
    /// there are none.
    /// </summary>
    public static string? Draining(IEnumerable<NodeView> nodes, TaskSpec task)
    {
        string[] ids = [.. nodes.Where(node => Of(node, task).Code == "draining").Select(static node => node.Id)];
        if (ids.Length == 0)
            return null;
        var named = string.Join(", ", ids.Take(MostNamed)) + (ids.Length > MostNamed ? ", …" : "");
        return $"{named} could, but {(ids.Length == 1 ? "is" : "are")} draining; to resume: otask node resume {ids[0]}";
    }

    /// <summary>
    /// Returns the resources of which a node has less free than a task asks for, because other tasks have them or it
    /// never offered so much. Empty if the node is away.
    /// </summary>
    public static IEnumerable<(string Name, long Needs, long Free, long Offered)> Lacks(NodeView node, TaskSpec task)
    {
        if (node.State is NodeState.Lost or NodeState.Gone)
            yield break;
        foreach (var (name, needs) in task.Resources.Amounts)
        {
            var use = (node.Resources ?? []).FirstOrDefault(one => one.Name == name);
            if (needs > use.Offered - use.Reserved)
                yield return (name, needs, Math.Max(0, use.Offered - use.Reserved), use.Offered);
        }
    }

    private static NodeFit? FaultOfResources(NodeView node, TaskSpec task)
    {
        var offers = node.Offers();
        foreach (var (name, needs) in task.Resources.Amounts)
        {
            if (needs > offers[name])
            {
                return new NodeFit("resource", $"The task needs {ResourceForms.Describe(name, needs)}, but the node offers "
                    + $"{(offers[name] == 0 ? "none" : "only " + ResourceForms.Describe(name, offers[name]))}.");
            }
        }

        return null;
    }

    private static string Has(NodeView node, string key)
    {
        foreach (var label in node.Labels)
        {
            if (label.Key == key)
                return $"has {key}={label.Value}";
        }

        return $"has no label {key}";
    }
}
