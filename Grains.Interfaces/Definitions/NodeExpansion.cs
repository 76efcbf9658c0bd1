using System.Buffers;
using System.Globalization;
using System.Text.Json;
using OrleansTasks.Schedules;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Definitions;

/// <summary>
/// Puts what definitions start into the nodes of a workflow that name them. A node that runs the definition of a
/// workflow becomes that workflow's nodes, with its own name in front of theirs: <c>build/compile</c>.
/// </summary>
public sealed class NodeExpansion
{
    /// <summary>The field of a node that names a definition.</summary>
    public const string Field = "definition";

    private static readonly string[] Names = ["name", "version", "parameters"];

    private readonly NodeScope scope;
    private readonly IReadOnlySet<string> secretPlaces;
    private readonly long now;
    private readonly SpecErrors errors;
    private readonly List<NodeUse> uses = [];
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, NodeUse> workflows = new(StringComparer.Ordinal);
    private readonly ImmutableArray<ExpandedNode>.Builder expanded = ImmutableArray.CreateBuilder<ExpandedNode>();

    private NodeExpansion(NodeScope scope, IReadOnlySet<string> secretPlaces, long now, SpecErrors errors) =>
        (this.scope, this.secretPlaces, this.now, this.errors) = (scope, secretPlaces, now, errors);

    /// <summary>
    /// Returns a workflow with tasks and jobs in place of definitions; null if no node names a definition, or if it
    /// added faults.
    /// </summary>
    /// <param name="workflow">The workflow.</param>
    /// <param name="scope">The definitions that its nodes name, and those inside which it is.</param>
    /// <param name="secretPlaces">The places of values that must stay secret.</param>
    /// <param name="now">The current time in Unix milliseconds.</param>
    /// <param name="errors">The object to which faults are added.</param>
    public static ExpandedWorkflow? Expand(
        JsonElement workflow, NodeScope scope, IReadOnlySet<string> secretPlaces, long now, SpecErrors errors)
    {
        if (!DefinitionBook.NodesOf(workflow).Any(static node => IsUse(node, out _)))
            return null;
        var expansion = new NodeExpansion(scope, secretPlaces, now, errors);
        expansion.Fill(workflow);
        if (!errors.IsEmpty)
            return null;
        expansion.CheckPlaces();
        var body = errors.IsEmpty ? expansion.Write(workflow) : [];
        return errors.IsEmpty
            ? new ExpandedWorkflow(
                body, expansion.expanded.DrainToImmutable(),
                expansion.uses.Where(static use => use.Named is not null)
                    .ToDictionary(static use => use.Index, static use => use.Named!))
            : null;
    }

    private static bool IsUse(JsonElement node, out JsonElement named)
    {
        named = default;
        return node.ValueKind == JsonValueKind.Object && JsonFields.TryGet(node, Field, out named);
    }

    private static string PlaceOf(int node) => string.Create(CultureInfo.InvariantCulture, $"nodes[{node}]");

    private void Fill(JsonElement workflow)
    {
        var queue = QueueOf(workflow);
        foreach (var (index, node) in DefinitionBook.NodesOf(workflow).Index())
        {
            var use = new NodeUse(index, node);
            uses.Add(use);
            var place = PlaceOf(index);
            if (use.Name.Contains('/', StringComparison.Ordinal))
                errors.Add($"{place}.name", "must not contain a slash: the service makes such names");
            else if (use.Name.Length > 0 && !places.TryAdd(use.Name, index))
                errors.Add($"{place}.name", WorkflowNodes.SameName(places[use.Name]));
            if (!IsUse(node, out var named))
            {
                scope.Counts.Nodes++;
                continue;
            }

            if (scope.Counts.Uses++ >= ServiceLimits.NodeDefinitions)
            {
                errors.Add($"{place}.{Field}", $"is one more than the {ServiceLimits.NodeDefinitions} that a workflow may have");
                return;
            }

            if (JsonFields.TryGet(node, "task", out _) || JsonFields.TryGet(node, "job", out _))
                errors.Add($"{place}.{Field}", "excludes task and job; give one of them");
            else
                Fill(use, named, $"{place}.{Field}", queue);
            NodeReader.CheckUse(node, place, errors);
            if (!IsWithinBounds())
                return;
        }
    }

    // A workflow's nodes can make each other's copies, so the size is checked as it grows.
    private bool IsWithinBounds()
    {
        if (scope.Counts.Nodes > WorkflowSpec.MostNodes)
            errors.Add("nodes", $"are more than {WorkflowSpec.MostNodes} together with those of definitions");
        else if (scope.Counts.Edges > WorkflowSpec.MostEdges)
            errors.Add("nodes", $"have more than {WorkflowSpec.MostEdges} items of after together with those of definitions");
        else if (scope.Counts.Bytes > ServiceLimits.LargeBodyBytes)
            errors.Add("nodes", $"have more than {ServiceLimits.LargeBodyBytes >> 20} MiB together with their definitions");
        else
            return true;
        return false;
    }

    private void Fill(NodeUse use, JsonElement named, string path, string queue)
    {
        if (Find(named, path) is not { } found)
            return;
        var (view, spec) = found;
        if (spec.Kind == DefinitionKind.Rollout)
            errors.Add($"{path}.name", "names the definition of a rollout; a node can run that of a task, job or workflow");
        else if (spec.Kind == DefinitionKind.Workflow && FaultOfWorkflow(view.Name) is { } fault)
            errors.Add($"{path}.name", fault);
        if (!errors.IsEmpty)
            return;
        var run = new DefinitionRunSpec(ValuesIn(named));
        CheckSecrets(spec, run, path);
        var faults = new SpecErrors();
        var target = DefinitionFilling.Fill(spec, run, now, faults, scope.Within(view.Name));
        foreach (var one in faults.Items)
            errors.Add($"{path}.{one.Path}", one.Message);
        if (target is null)
            return;
        var secrets = spec.Parameters.Where(static one => one.IsSecret).Select(static one => one.Name);
        use.Set(new NamedDefinition(new DefinitionRef(view.Name, view.Version), [.. secrets]) { Target = target });
        scope.Counts.Bytes += target.Body.Length;
        if (target.Kind == DefinitionKind.Workflow)
            AddWorkflow(use, path, queue);
        else
            scope.Counts.Nodes++;
    }

    private (DefinitionView View, DefinitionSpec Spec)? Find(JsonElement named, string path)
    {
        var before = errors.Items.Count;
        if (!JsonFields.Is(named, JsonValueKind.Object, path, errors))
            return null;
        JsonFields.CheckNames(named, Names, path, errors);
        var name = JsonFields.Text(named, "name", path, errors) ?? "";
        var faults = new SpecErrors();
        var version = JsonFields.Version(named, "version", faults);
        foreach (var fault in faults.Items)
            errors.Add($"{path}.{fault.Path}", fault.Message);
        if (JsonFields.TryGet(named, "parameters", out var given))
            JsonFields.Is(given, JsonValueKind.Object, $"{path}.parameters", errors);
        if (errors.Items.Count > before)
            return null;
        if (scope.Book.TryGet((name, version), out var found))
            return found;
        errors.Add(
            $"{path}.name",
            scope.Path.Contains(name) ? CycleOf(name)
                : scope.Book.IsCut ? "cannot be read: the definitions of the workflow are too large together"
                : Missing(name, version));
        return null;
    }

    /// <summary>Returns the fault of a name or version that no definition has.</summary>
    public static string Missing(string name, long? version)
    {
        var start = $"names no definition: '{StrictReader.Quote(name)}'";
        return version is null ? $"{start} is not stored"
            : string.Create(CultureInfo.InvariantCulture, $"{start} has no version {version}");
    }

    private string? FaultOfWorkflow(string name) =>
        scope.Path.Contains(name) ? CycleOf(name)
        : scope.Path.Length >= ServiceLimits.DefinitionDepth
            ? $"names the definition of a workflow inside {ServiceLimits.DefinitionDepth} others, which is the most"
            : null;

    private string CycleOf(string name) =>
        $"makes a cycle: {string.Join(" → ", scope.Path.Skip(scope.Path.IndexOf(name)).Append(name))}";

    /// <summary>Returns the values that a node gives to the definition that it names.</summary>
    internal static ImmutableArray<(string Name, JsonElement Value)> ValuesIn(JsonElement named) =>
        JsonFields.TryGet(named, "parameters", out var given) && given.ValueKind == JsonValueKind.Object
            ? [.. given.EnumerateObject().Select(static one => (one.Name, one.Value))]
            : [];

    private void CheckSecrets(DefinitionSpec spec, DefinitionRunSpec run, string path)
    {
        foreach (var (name, _) in run.Parameters)
        {
            var place = StrictReader.Join($"{path}.parameters", StrictReader.Quote(name));
            if (secretPlaces.Contains(place) && spec.Parameters.Any(one => one.Name == name && !one.IsSecret))
                errors.Add(place, "would show a secret parameter, because this parameter of the definition is not secret");
        }
    }

    private void AddWorkflow(NodeUse use, string path, string queue)
    {
        if (JsonFields.TryGet(use.Node, "forEach", out _))
            errors.Add($"{PlaceOf(use.Index)}.forEach", "is valid only with a task, not with the definition of a workflow");
        var own = QueueOf(use.Inner!.Workflow);
        if (own != queue && JsonFields.TryGet(use.Inner.Workflow, "queue", out _))
            errors.Add($"{path}.name", $"names a workflow of the queue '{own}', but the workflow's queue is '{queue}'");
        // A node without a name, or with that of another node, has a fault already.
        if (use.Name.Length > 0)
            workflows.TryAdd(use.Name, use);
        // If it names definitions itself, its nodes have been counted.
        if (use.Target!.Nodes.IsEmpty)
            scope.Counts.Nodes += use.Inner.Nodes.Length;
        foreach (var node in use.Inner.Nodes)
        {
            var name = use.NameOf(node.Name);
            if (name.Length > SpecRules.LongestName)
            {
                errors.Add(
                    $"{PlaceOf(use.Index)}.name",
                    $"makes the name '{name}', which has more than {SpecRules.LongestName} characters");
                break;
            }
        }
    }

    private static string QueueOf(JsonElement workflow) =>
        JsonFields.TryGet(workflow, "queue", out var queue) && queue.ValueKind == JsonValueKind.String
            ? queue.GetString()! : Queues.QueueSettings.DefaultQueue;

    // A list or files come from one node, so a workflow cannot give them.
    private void CheckPlaces()
    {
        foreach (var use in uses)
        {
            var place = PlaceOf(use.Index);
            if (use.Target is null && WaitsForWorkflow(use))
                NodeReader.CheckAfter(use.Node.GetProperty("after"u8), $"{place}.after", errors);
            foreach (var (index, (node, on)) in EdgesOf(use.Node).Index())
            {
                if (on == EndCondition.Failed && workflows.ContainsKey(node))
                {
                    errors.Add(
                        string.Create(CultureInfo.InvariantCulture, $"{place}.after[{index}].on"),
                        $"is failed, but '{node}' runs a workflow; wait for one of its nodes, such as '{workflows[node].FirstName}'");
                }
            }

            if (TextIn(use.Node, "forEach", "node") is { } list && workflows.TryGetValue(list, out var source))
                errors.Add($"{place}.forEach.node", $"runs a workflow; name one of its nodes, such as '{source.FirstName}'");
            foreach (var (index, file) in FilesOf(use.Node).Index())
            {
                if (file.ValueKind == JsonValueKind.Object && JsonFields.TryGet(file, "node", out var of)
                    && of.ValueKind == JsonValueKind.String && workflows.TryGetValue(of.GetString()!, out source))
                {
                    errors.Add(
                        string.Create(CultureInfo.InvariantCulture, $"{place}.task.files[{index}].node"),
                        $"runs a workflow; name one of its nodes, such as '{source.FirstName}'");
                }
            }
        }
    }

    private byte[] Write(JsonElement workflow)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, OccurrenceTask.Writing))
        {
            json.WriteStartObject();
            var isNamed = JsonFields.TryGet(workflow, "name", out _);
            foreach (var field in workflow.EnumerateObject())
            {
                if (!field.NameEquals("nodes"u8) && (isNamed || !field.NameEquals("name"u8)))
                    field.WriteTo(json);
            }

            // A workflow without a name has that of its first node, as it was written.
            if (!isNamed && uses[0] is { Inner: not null, Name.Length: > 0 } first)
                json.WriteString("name"u8, first.Name);

            json.WriteStartArray("nodes"u8);
            foreach (var use in uses)
            {
                if (use.Inner is null)
                    WriteNode(json, use);
                else
                    WriteWorkflow(json, use);
                // A few conditions on workflows can make very many.
                if (!IsWithinBounds())
                    return [];
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private void WriteNode(Utf8JsonWriter json, NodeUse use)
    {
        if (use.Target is null && !WaitsForWorkflow(use))
        {
            use.Node.WriteTo(json);
            expanded.Add(new ExpandedNode(use.Index, null, []));
            return;
        }

        var edges = OuterEdges(use);
        json.WriteStartObject();
        foreach (var field in use.Node.EnumerateObject())
        {
            if (field.NameEquals("after"u8) && field.Value.ValueKind == JsonValueKind.Array)
                WriteAfter(json, edges);
            // As everywhere, null is the same as leaving a field out: the definition's task is the only one.
            else if (!field.NameEquals(Field) && (use.Target is null || field.Value.ValueKind != JsonValueKind.Null))
                field.WriteTo(json);
        }

        if (use.Target is { } target)
        {
            json.WritePropertyName(target.Kind.Name());
            json.WriteRawValue(target.Body);
        }

        json.WriteEndObject();
        expanded.Add(new ExpandedNode(use.Index, use.Definition, use.Target?.Variables ?? [])
        {
            After = WrittenOf(edges),
        });
    }

    private bool WaitsForWorkflow(NodeUse use) => EdgesOf(use.Node).Any(edge => workflows.ContainsKey(edge.Node));

    private void WriteWorkflow(Utf8JsonWriter json, NodeUse use)
    {
        var outer = OuterEdges(use);
        var mayFail = JsonFields.TryGet(use.Node, "mayFail", out var given) && given.ValueKind == JsonValueKind.True;
        var origins = use.Target!.NodesOf(use.Definition!, use.Inner!.Nodes.Length);
        foreach (var (index, node) in use.Inner.Nodes.Index())
        {
            json.WriteStartObject();
            json.WriteString("name"u8, use.NameOf(node.Name));
            List<Edge> edges = [.. node.After.Select(edge => new Edge(use.NameOf(edge.Node), edge.On, Edge.Own))];
            // Nodes that wait for another to succeed are skipped with it.
            if (!node.After.Any(static edge => edge.On == EndCondition.Succeeded))
                edges.AddRange(outer);
            WriteAfter(json, edges);
            if (mayFail || node.MayFail)
                json.WriteBoolean("mayFail"u8, value: true);
            foreach (var field in node.Json.EnumerateObject())
            {
                switch (field.Name)
                {
                    case "name" or "after" or "mayFail":
                        break;
                    case "forEach":
                        WriteObject(json, "forEach", field.Value, use);
                        break;
                    case "task":
                        WriteTask(json, field.Value, use);
                        break;
                    default:
                        field.WriteTo(json);
                        break;
                }
            }

            json.WriteEndObject();
            expanded.Add(origins[index] with
            {
                Written = use.Index, Name = use.NameOf(node.Name), After = WrittenOf(edges),
            });
            if (scope.Counts.Edges > WorkflowSpec.MostEdges)
                return;
        }
    }

    // Returns what a node waits for, with the nodes of a workflow in its place.
    private List<Edge> OuterEdges(NodeUse use)
    {
        var edges = new List<Edge>();
        foreach (var (index, (node, on)) in EdgesOf(use.Node).Index())
        {
            if (!workflows.TryGetValue(node, out var parent))
                edges.Add(new Edge(node, on, index));
            else
            {
                var ends = on == EndCondition.Succeeded ? parent.SucceededEdges : parent.EndedEdges;
                edges.AddRange(ends.Select(end => new Edge(end.Node, end.On, index)));
            }

            if (edges.Count > WorkflowSpec.MostEdges)
                break;
        }

        return [.. edges.DistinctBy(static edge => (edge.Node, edge.On))];
    }

    private static ImmutableArray<int> WrittenOf(List<Edge> edges) => [.. edges.Select(static edge => edge.Written)];

    private void WriteAfter(Utf8JsonWriter json, List<Edge> edges)
    {
        scope.Counts.Edges += edges.Count;
        json.WriteStartArray("after"u8);
        foreach (var (node, on, _) in edges)
        {
            json.WriteStartObject();
            json.WriteString("node"u8, node);
            json.WriteString("on"u8, on.Name());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTask(Utf8JsonWriter json, JsonElement task, NodeUse use)
    {
        json.WriteStartObject("task"u8);
        foreach (var field in task.EnumerateObject())
        {
            if (!field.NameEquals("files"u8) || field.Value.ValueKind != JsonValueKind.Array)
            {
                field.WriteTo(json);
                continue;
            }

            json.WriteStartArray("files"u8);
            foreach (var file in field.Value.EnumerateArray())
                WriteObject(json, null, file, use);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    // Writes an object whose field node names a node of the same workflow.
    private static void WriteObject(Utf8JsonWriter json, string? name, JsonElement value, NodeUse use)
    {
        if (name is not null)
            json.WritePropertyName(name);
        if (value.ValueKind != JsonValueKind.Object)
        {
            value.WriteTo(json);
            return;
        }

        json.WriteStartObject();
        foreach (var field in value.EnumerateObject())
        {
            if (field.NameEquals("node"u8) && field.Value.ValueKind == JsonValueKind.String)
                json.WriteString("node"u8, use.NameOf(field.Value.GetString()!));
            else
                field.WriteTo(json);
        }

        json.WriteEndObject();
    }

    private static string? TextIn(JsonElement node, string field, string member) =>
        node.ValueKind == JsonValueKind.Object && JsonFields.TryGet(node, field, out var inner)
            && inner.ValueKind == JsonValueKind.Object && JsonFields.TryGet(inner, member, out var text)
            && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static IEnumerable<JsonElement> FilesOf(JsonElement node) =>
        node.ValueKind == JsonValueKind.Object && JsonFields.TryGet(node, "task", out var task)
            && task.ValueKind == JsonValueKind.Object && JsonFields.TryGet(task, "files", out var files)
            && files.ValueKind == JsonValueKind.Array ? files.EnumerateArray() : [];

    // Conditions that cannot be read are left out; NodeReader says what is wrong with them.
    private static IEnumerable<(string Node, EndCondition On)> EdgesOf(JsonElement node)
    {
        if (node.ValueKind != JsonValueKind.Object || !JsonFields.TryGet(node, "after", out var after)
            || after.ValueKind != JsonValueKind.Array)
            yield break;
        foreach (var edge in after.EnumerateArray())
        {
            if (edge.ValueKind == JsonValueKind.String)
                yield return (edge.GetString()!, EndCondition.Succeeded);
            else if (edge.ValueKind == JsonValueKind.Object && JsonFields.TryGet(edge, "node", out var name)
                && name.ValueKind == JsonValueKind.String)
            {
                var on = EndCondition.Succeeded;
                if (JsonFields.TryGet(edge, "on", out var given) && given.ValueKind == JsonValueKind.String)
                    _ = EndConditions.TryParse(given.GetString()!, out on);
                yield return (name.GetString()!, on);
            }
        }
    }

    /// <summary>A condition of a node.</summary>
    /// <param name="Node">The name of the node for which it waits.</param>
    /// <param name="On">How that node must end.</param>
    /// <param name="Written">
    /// The index of the condition as written; <see cref="Own"/> for one of a definition's own.
    /// </param>
    private readonly record struct Edge(string Node, EndCondition On, int Written)
    {
        public const int Own = -1;
    }

    /// <summary>A node as written, with what its definition starts.</summary>
    private sealed class NodeUse(int index, JsonElement node)
    {
        public int Index => index;

        public JsonElement Node => node;

        public string Name { get; } =
            node.ValueKind == JsonValueKind.Object && JsonFields.TryGet(node, "name", out var name)
                && name.ValueKind == JsonValueKind.String ? name.GetString()! : "";

        public NamedDefinition? Named { get; private set; }

        public DefinitionRef? Definition => Named?.Definition;

        public FilledTarget? Target => Named?.Target;

        /// <summary>The workflow of the definition; null if the node runs something else.</summary>
        public InnerWorkflow? Inner { get; private set; }

        public string FirstName => NameOf(Inner!.Nodes[0].Name);

        /// <summary>What a node waits for that waits for the workflow to succeed.</summary>
        public IEnumerable<(string Node, EndCondition On)> SucceededEdges => Inner!.Ends.Select(
            end => (NameOf(end.Name), end.MayFail ? EndCondition.Ended : EndCondition.Succeeded));

        /// <summary>
        /// What a node waits for that waits for the workflow to end. A node may be skipped while another runs, so all
        /// count.
        /// </summary>
        public IEnumerable<(string Node, EndCondition On)> EndedEdges =>
            Inner!.Nodes.Select(end => (NameOf(end.Name), EndCondition.Ended));

        public void Set(NamedDefinition named)
        {
            Named = named;
            if (named.Target is { Kind: DefinitionKind.Workflow } target)
                Inner = new InnerWorkflow(target.Body);
        }

        public string NameOf(string inner) => $"{Name}/{inner}";
    }

    /// <summary>The workflow of a definition, which its reader has accepted.</summary>
    private sealed class InnerWorkflow
    {
        public InnerWorkflow(byte[] body)
        {
            using var document = JsonDocument.Parse(body);
            Workflow = document.RootElement.Clone();
            Nodes =
            [
                .. DefinitionBook.NodesOf(Workflow).Select(static node => new InnerNode(
                    node, node.GetProperty("name").GetString()!,
                    JsonFields.TryGet(node, "mayFail", out var mayFail) && mayFail.ValueKind == JsonValueKind.True,
                    [.. EdgesOf(node)])),
            ];
        }

        public JsonElement Workflow { get; }

        public ImmutableArray<InnerNode> Nodes { get; }

        /// <summary>
        /// The nodes whose success means that of the workflow: without nodes that run only after a failure, and without
        /// nodes for whose success another one waits.
        /// </summary>
        public IEnumerable<InnerNode> Ends
        {
            get
            {
                var places = Nodes.Index().ToDictionary(static one => one.Item.Name, static one => one.Index, StringComparer.Ordinal);
                var runs = NodesThatRun(places);
                var isAwaited = new bool[Nodes.Length];
                foreach (var (index, node) in Nodes.Index().Where(one => runs[one.Index]))
                {
                    foreach (var edge in node.After.Where(static edge => edge.On == EndCondition.Succeeded))
                        isAwaited[places[edge.Node]] = true;
                }

                return Nodes.Where((_, index) => runs[index] && !isAwaited[index]);
            }
        }

        // Returns which nodes run if every node that runs succeeds. A node's parents may come after it in the list.
        private bool[] NodesThatRun(Dictionary<string, int> places)
        {
            var children = new List<int>[Nodes.Length];
            var waits = new int[Nodes.Length];
            foreach (var (index, node) in Nodes.Index())
            {
                foreach (var edge in node.After)
                {
                    (children[places[edge.Node]] ??= []).Add(index);
                    waits[index]++;
                }
            }

            var runs = new bool[Nodes.Length];
            var ready = new Queue<int>(Enumerable.Range(0, Nodes.Length).Where(index => waits[index] == 0));
            while (ready.TryDequeue(out var index))
            {
                runs[index] = Nodes[index].After.All(edge => edge.On switch
                {
                    EndCondition.Failed => false,
                    EndCondition.Ended => true,
                    _ => runs[places[edge.Node]],
                });
                foreach (var child in children[index] ?? [])
                {
                    if (--waits[child] == 0)
                        ready.Enqueue(child);
                }
            }

            return runs;
        }
    }

    private sealed record InnerNode(
        JsonElement Json, string Name, bool MayFail, ImmutableArray<(string Node, EndCondition On)> After);
}
