using OrleansTasks.Queues;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Workflows;

/// <summary>
/// Builds a workflow's nodes and graph from the parsed drafts, and checks what concerns several nodes.
/// </summary>
internal static class WorkflowNodes
{
    // Bounds the searches for similar names: each one compares the name with up to 10,000 others.
    private const int MostSuggestions = 5;

    /// <summary>Says that a node has the name of an earlier one.</summary>
    /// <param name="earlier">The index of that node.</param>
    public static string SameName(int earlier) =>
        $"is also the name of nodes[{earlier}]; give each node its own name";

    /// <summary>Sets the spec's nodes, graph and default name. Faults are added to <paramref name="errors"/>.</summary>
    public static void Complete(WorkflowSpec spec, List<NodeDraft> drafts, ReadOnlySpan<byte> utf8, SpecErrors errors)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < drafts.Count; i++)
        {
            if (!places.TryAdd(drafts[i].Name, i))
                errors.Add($"nodes[{i}].name", SameName(places[drafts[i].Name]));
            Name(spec, drafts[i], i, utf8, errors);
        }

        var after = EdgesOf(drafts, places, errors);
        CheckForEach(drafts, places, errors);
        CheckFiles(drafts, places, errors);
        if (!errors.IsEmpty)
            return;
        spec.Graph = new WorkflowGraph(after);
        spec.Nodes =
        [
            .. drafts.Select(one => new WorkflowNode(one.Name, one.Task, one.Extent, one.MayFail)
            {
                ForEach = one.ForEach is { } from ? new ForEach(places[from.Node], from.From, from.Select) : null,
                Job = one.Job,
            }),
        ];
        if (spec.Name.Length == 0)
            spec.Name = drafts[0].Name;
        if (spec.Graph.FindCycle() is { } cycle)
            errors.Add("nodes", "after makes a cycle: " + NamesOf(cycle, drafts));
    }

    // Sets the name and queue of the node's task or job.
    private static void Name(
        WorkflowSpec spec, NodeDraft draft, int index, ReadOnlySpan<byte> utf8, SpecErrors errors)
    {
        var (task, job) = (draft.Task, draft.Job);
        var text = utf8[draft.Extent.Start..draft.Extent.End];
        var (queue, what) = job is null ? (task.Queue, "task") : (job.Queue, "job");
        if (queue != spec.Queue && (queue != QueueSettings.DefaultQueue || NodeSpecText.HasField(text, "queue")))
            errors.Add($"nodes[{index}].{what}.queue", $"is '{queue}', but the workflow's queue is '{spec.Queue}'");
        if (job is not null)
            (task.Name, task.Labels, job.Queue) = (job.Name, job.Labels, spec.Queue);
        if (!NodeSpecText.HasField(text, "name"))
            task.Name = draft.Name;
        if (job is not null)
            job.Name = task.Name;
        task.Queue = spec.Queue;
    }

    private static List<List<WorkflowEdge>> EdgesOf(
        List<NodeDraft> drafts, Dictionary<string, int> places, SpecErrors errors)
    {
        var after = new List<List<WorkflowEdge>>(drafts.Count);
        var suggestions = 0;
        for (var i = 0; i < drafts.Count; i++)
        {
            var edges = new List<WorkflowEdge>(drafts[i].After.Count);
            var seen = new HashSet<int>();
            for (var j = 0; j < drafts[i].After.Count; j++)
            {
                var (name, on) = drafts[i].After[j];
                var path = $"nodes[{i}].after[{j}]";
                if (!places.TryGetValue(name, out var node))
                {
                    var near = suggestions++ < MostSuggestions ? NearMatch.Find(name, [.. places.Keys]) : null;
                    errors.Add(
                        path,
                        $"no node is called '{StrictReader.Quote(name)}'"
                            + (near is null ? "" : $"; did you mean '{near}'?"));
                }
                else if (node == i)
                    errors.Add(path, "a node cannot wait for itself");
                // An index would mean nothing to a caller who wrote one condition in place of several.
                else if (!seen.Add(node))
                    errors.Add(path, $"waits for '{StrictReader.Quote(name)}' a second time; name each node once");
                else
                    edges.Add(new WorkflowEdge(node, on));
            }

            after.Add(edges);
        }

        return after;
    }

    private static void CheckForEach(List<NodeDraft> drafts, Dictionary<string, int> places, SpecErrors errors)
    {
        for (var i = 0; i < drafts.Count; i++)
        {
            if (drafts[i].ForEach is not { } from)
                continue;
            var (path, quoted) = ($"nodes[{i}].forEach.node", StrictReader.Quote(from.Node));
            if (!drafts[i].After.Contains((from.Node, EndCondition.Succeeded)))
                errors.Add(path, $"is '{quoted}', which is not a node in this node's after with the condition succeeded");
            else if (!places.TryGetValue(from.Node, out var node))
                continue;
            else if (drafts[node].ForEach is not null)
                errors.Add(path, $"is '{quoted}', which has a forEach itself; name a node with a single task");
            else if (drafts[node].Job is not null)
                errors.Add(path, $"is '{quoted}', which runs a job; name a node with a single task");
            else if (from.From == ItemsFrom.Result && drafts[node].Task.Result is false)
                errors.Add(path, $"is '{quoted}', which writes no result: its task has \"result\": false");
            else if (from.From == ItemsFrom.Artifacts && drafts[node].Task.Artifacts.IsEmpty)
                errors.Add(path, $"is '{quoted}', which keeps no artifacts");
            else if (from.From == ItemsFrom.Artifacts && drafts[i].Task.Cwd is not null)
            {
                errors.Add(
                    $"nodes[{i}].task.cwd",
                    "is not allowed: each item's file is put into the folder that its attempt gets");
            }
        }
    }

    // Checks the files that come from other nodes.
    private static void CheckFiles(List<NodeDraft> drafts, Dictionary<string, int> places, SpecErrors errors)
    {
        for (var i = 0; i < drafts.Count; i++)
        {
            HashSet<string>? parents = null;
            for (var j = 0; j < drafts[i].Task.Files.Length; j++)
            {
                var file = drafts[i].Task.Files[j];
                if (file.Node is not { } name)
                    continue;
                var (path, quoted) = ($"nodes[{i}].task.files[{j}]", StrictReader.Quote(name));
                parents ??= drafts[i].After.Select(static edge => edge.Node).ToHashSet(StringComparer.Ordinal);
                if (!places.TryGetValue(name, out var node) || !parents.Contains(name))
                    errors.Add($"{path}.node", $"is '{quoted}', which is not a node in this node's after");
                else if (drafts[node].Task.Artifacts.IsEmpty && drafts[node].Job is not { KeepsResults: true })
                    errors.Add($"{path}.node", $"is '{quoted}', which keeps no artifacts");
                else if (drafts[node].ForEach is not null && !file.IsFolder)
                {
                    errors.Add(
                        $"{path}.path",
                        $"must end with /, because '{quoted}' has a forEach: its items' artifacts are in folders by "
                            + "index");
                }
            }
        }
    }

    // Each arrow points from a parent to its child.
    private static string NamesOf(int[] cycle, List<NodeDraft> drafts) =>
        string.Join(" → ", cycle.Append(cycle[0]).Select(node => drafts[node].Name));
}
