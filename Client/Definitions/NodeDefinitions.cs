using System.Buffers;
using System.Globalization;
using System.Text.Json;
using OrleansTasks.Client.Http;
using OrleansTasks.Definitions;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Definitions;

/// <summary>
/// Puts the tasks and jobs of definitions into the nodes of a workflow that name them. The workflow keeps that version
/// and these values, so its nodes need neither the definition nor a gateway.
/// </summary>
/// <param name="uses">Finds and fills definitions.</param>
public sealed class NodeDefinitions(DefinitionUses uses)
{
    private const string Field = "definition";

    private static ReadOnlySpan<byte> QuotedField => "\"definition\""u8;

    /// <summary>
    /// Returns a workflow's body with a task or job in place of each definition, and which nodes have one; the body
    /// itself if no node names a definition. Returns null if it added faults.
    /// </summary>
    internal async Task<FilledWorkflow?> Fill(byte[] body, SpecErrors errors)
    {
        // Nearly no workflow names a definition, so only those that may do are parsed here.
        if (body.AsSpan().IndexOf(QuotedField) < 0)
            return FilledWorkflow.Of(body);
        using var document = JsonFields.Parse(body, errors);
        if (document is null)
            return null;
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object || !JsonFields.TryGet(root, "nodes", out var nodes)
            || nodes.ValueKind != JsonValueKind.Array)
            return FilledWorkflow.Of(body);
        var found = await Find(nodes, errors);
        if (!errors.IsEmpty || found.Count == 0)
            return errors.IsEmpty ? FilledWorkflow.Of(body) : null;
        var filled = Write(root, nodes, found);
        if (filled.Length > RequestBody.LargestBatch)
            errors.Add("nodes", $"have more than {RequestBody.LargestBatch >> 20} MiB together with their definitions");
        return errors.IsEmpty
            ? new FilledWorkflow(filled, found.ToDictionary(static one => one.Key, static one => one.Value.Ref))
            {
                JobVariables = found.Where(static one => one.Value.Target.Kind == DefinitionKind.Job)
                    .ToDictionary(static one => one.Key, static one => one.Value.Target.Variables),
            }
            : null;
    }

    private async Task<Dictionary<int, DefinitionUse>> Find(JsonElement nodes, SpecErrors errors)
    {
        var found = new Dictionary<int, DefinitionUse>();
        foreach (var (index, node) in nodes.EnumerateArray().Index())
        {
            if (node.ValueKind != JsonValueKind.Object || !JsonFields.TryGet(node, Field, out var named))
                continue;
            var path = string.Create(CultureInfo.InvariantCulture, $"nodes[{index}].{Field}");
            if (found.Count == ServiceLimits.NodeDefinitions)
            {
                errors.Add(path, $"is one more than the {ServiceLimits.NodeDefinitions} that a workflow may have");
                break;
            }

            if (JsonFields.TryGet(node, "task", out _) || JsonFields.TryGet(node, "job", out _))
                errors.Add(path, "excludes task and job; give one of them");
            else if (await uses.Find(named, path, errors) is { } use)
            {
                if (use.Target.Kind is DefinitionKind.Task or DefinitionKind.Job)
                    found.Add(index, use);
                else
                {
                    var kind = use.Target.Kind.Name();
                    errors.Add($"{path}.name", $"names the definition of a {kind}; a node can run that of a task or job");
                }
            }
        }

        return found;
    }

    private static byte[] Write(JsonElement root, JsonElement nodes, Dictionary<int, DefinitionUse> found)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, ScheduledDefinitions.Writing))
        {
            json.WriteStartObject();
            foreach (var field in root.EnumerateObject())
            {
                if (!field.NameEquals("nodes"u8))
                    field.WriteTo(json);
            }

            json.WriteStartArray("nodes"u8);
            foreach (var (index, node) in nodes.EnumerateArray().Index())
                WriteNode(json, node, found.GetValueOrDefault(index));
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteNode(Utf8JsonWriter json, JsonElement node, DefinitionUse? use)
    {
        if (use is null)
        {
            node.WriteTo(json);
            return;
        }

        json.WriteStartObject();
        foreach (var field in node.EnumerateObject())
        {
            if (!field.NameEquals(Field))
                field.WriteTo(json);
        }

        json.WritePropertyName(use.Target.Kind.Name());
        json.WriteRawValue(use.Target.Body);
        json.WriteEndObject();
    }
}

/// <summary>A workflow whose nodes have tasks and jobs in place of definitions.</summary>
/// <param name="Body">The body.</param>
/// <param name="Definitions">The definitions of nodes, by index.</param>
internal sealed record FilledWorkflow(byte[] Body, IReadOnlyDictionary<int, DefinitionRef> Definitions)
{
    private static readonly Dictionary<int, DefinitionRef> None = [];

    /// <summary>
    /// The variables of parameters for the commands of each node's job, by index. Tasks have theirs in the body.
    /// </summary>
    public IReadOnlyDictionary<int, ImmutableArray<(string Name, string Value)>> JobVariables { get; init; } =
        ImmutableDictionary<int, ImmutableArray<(string Name, string Value)>>.Empty;

    /// <summary>Returns a workflow none of whose nodes names a definition.</summary>
    public static FilledWorkflow Of(byte[] body) => new(body, None);

    /// <summary>Returns the nodes' tasks with the definitions that they come from.</summary>
    public ImmutableArray<TaskSubmission> Named(ImmutableArray<TaskSubmission> tasks)
    {
        if (Definitions.Count == 0)
            return tasks;
        return
        [
            .. tasks.Select((task, index) => Definitions.TryGetValue(index, out var definition)
                ? task with { Labels = DefinitionLabels.With(task.Labels, definition) }
                : task),
        ];
    }
}
