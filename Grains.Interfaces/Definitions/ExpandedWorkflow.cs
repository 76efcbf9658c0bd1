using System.Globalization;
using System.Text.Json;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Definitions;

/// <summary>A workflow with tasks and jobs in place of the definitions that its nodes name.</summary>
/// <param name="Body">The workflow, as JSON in UTF-8.</param>
/// <param name="Nodes">Where each of its nodes comes from.</param>
/// <param name="Uses">The definitions that the nodes as written name, by index.</param>
public sealed record ExpandedWorkflow(
    byte[] Body, ImmutableArray<ExpandedNode> Nodes, IReadOnlyDictionary<int, NamedDefinition> Uses)
{
    private const string Opening = "nodes[";

    /// <summary>
    /// Returns a fault of the body as a fault of the workflow as it was written. The fields of what a definition starts
    /// are not there: their faults are at the value that the node gives the definition, such as
    /// <c>nodes[1].definition.parameters.day</c>, if it is at their place. Otherwise they are at the definition's own
    /// field, such as <c>nodes[1].definition.task.cwd</c>, or at the definition if it makes several nodes.
    /// </summary>
    public SpecError AsWritten(SpecError fault)
    {
        if (fault.Path == StrictReader.Root)
            return fault with { Message = $"cannot be read with its definitions in it: {fault.Message}" };
        if (!TrySplit(fault.Path, Opening, out var index, out var rest) || index >= Nodes.Length)
            return fault;
        var node = Nodes[index];
        var place = string.Create(CultureInfo.InvariantCulture, $"nodes[{node.Written}]");
        if (node.ConditionAsWritten(rest) is { } condition)
            return new SpecError(place + condition, fault.Message);
        if (Uses.GetValueOrDefault(node.Written)?.Target is not { } target)
            return new SpecError(place + rest, fault.Message);
        var prefix = $".{target.Kind.Name()}.";
        // The node's own fields, such as after, were written beside the definition.
        if (node.Name is null && !rest.StartsWith(prefix, StringComparison.Ordinal))
            return new SpecError(place + rest, fault.Message);

        var inner = node.Name is null ? rest[prefix.Length..]
            : string.Create(CultureInfo.InvariantCulture, $"{Opening}{index - FirstOf(index)}]{rest}");
        place = $"{place}.{NodeExpansion.Field}";
        var asked = target.AsAsked(new SpecError(inner, fault.Message));
        return node.Name is null || asked.Path.StartsWith("parameters.", StringComparison.Ordinal)
            ? asked with { Path = $"{place}.{asked.Path}" }
            : new SpecError(place, $"makes the node '{node.Name}', whose {rest.TrimStart('.')} {fault.Message}");
    }

    /// <summary>Splits a path such as <c>nodes[2].name</c> after the index, which follows the opening.</summary>
    internal static bool TrySplit(string path, string opening, out int index, out string rest)
    {
        (index, rest) = (0, "");
        var end = path.IndexOf(']', StringComparison.Ordinal);
        if (end < 0 || !path.StartsWith(opening, StringComparison.Ordinal)
            || !int.TryParse(
                path.AsSpan(opening.Length..end), NumberStyles.None, CultureInfo.InvariantCulture, out index))
            return false;
        rest = path[(end + 1)..];
        return true;
    }

    // Returns the index of the first node that comes from the same one as another node. Such nodes are side by side.
    private int FirstOf(int index)
    {
        var first = index;
        while (first > 0 && Nodes[first - 1].Written == Nodes[index].Written)
            first--;
        return first;
    }

    /// <summary>
    /// Writes the workflow as it was written, with the versions of its definitions and without anything secret. Fields
    /// that are null are left out.
    /// </summary>
    public void WriteShown(Utf8JsonWriter json, JsonElement written)
    {
        json.WriteStartObject();
        foreach (var field in SetFieldsOf(written))
        {
            if (!field.NameEquals("nodes"u8))
            {
                field.WriteTo(json);
                continue;
            }

            json.WriteStartArray("nodes"u8);
            foreach (var (index, node) in field.Value.EnumerateArray().Index())
                WriteNode(json, node, Uses.GetValueOrDefault(index));
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static IEnumerable<JsonProperty> SetFieldsOf(JsonElement item) =>
        item.EnumerateObject().Where(static field => field.Value.ValueKind != JsonValueKind.Null);

    private static void WriteNode(Utf8JsonWriter json, JsonElement node, NamedDefinition? use)
    {
        json.WriteStartObject();
        foreach (var field in SetFieldsOf(node))
        {
            if (field.NameEquals(NodeExpansion.Field) && use is not null)
                use.Write(json, NodeExpansion.Field, field.Value);
            else if (field.NameEquals("task"u8) && field.Value.ValueKind == JsonValueKind.Object)
            {
                json.WriteStartObject("task"u8);
                foreach (var member in field.Value.EnumerateObject().Where(static member => !member.NameEquals("secretEnv"u8)))
                    member.WriteTo(json);
                json.WriteEndObject();
            }
            else
                field.WriteTo(json);
        }

        json.WriteEndObject();
    }
}

/// <summary>Where a node of an expanded workflow comes from.</summary>
/// <param name="Written">The index of the node that was written.</param>
/// <param name="Definition">The definition of its task or job; null if the node itself says what to run.</param>
/// <param name="Variables">
/// The variables of that definition's parameters, which a job's commands get when it starts. Tasks have theirs in the
/// body.
/// </param>
public sealed record ExpandedNode(
    int Written, DefinitionRef? Definition, ImmutableArray<(string Name, string Value)> Variables)
{
    private const string Opening = ".after[";

    /// <summary>The node's name if it comes from a definition's workflow; otherwise null.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// By condition of the node: the index of the condition as it was written, or -1 for one of a definition's own.
    /// Empty if the conditions are as they were written.
    /// </summary>
    public ImmutableArray<int> After { get; init; } = [];

    /// <summary>
    /// Returns a path that is at a condition of the node, such as <c>.after[2]</c>, with the index of the condition as
    /// it was written; null for any other path, and for a condition of a definition's own.
    /// </summary>
    internal string? ConditionAsWritten(string path) =>
        ExpandedWorkflow.TrySplit(path, Opening, out var index, out var rest)
        && index < After.Length && After[index] >= 0
            ? string.Create(CultureInfo.InvariantCulture, $"{Opening}{After[index]}]{rest}") : null;
}

/// <summary>A definition that a body names.</summary>
/// <param name="Definition">Its name, and the version that was found.</param>
/// <param name="Secrets">The names of its secret parameters.</param>
public sealed record NamedDefinition(DefinitionRef Definition, ImmutableArray<string> Secrets)
{
    /// <summary>What it starts with the body's values; null if only its name is needed.</summary>
    internal FilledTarget? Target { get; init; }

    /// <summary>Writes a field that names the definition with its version, without the values of secret parameters.</summary>
    /// <param name="json">Where to write.</param>
    /// <param name="field">The field's name.</param>
    /// <param name="named">The object that names the definition.</param>
    public void Write(Utf8JsonWriter json, string field, JsonElement named)
    {
        json.WriteStartObject(field);
        json.WriteString("name"u8, Definition.Name);
        json.WriteNumber("version"u8, Definition.Version);
        json.WriteStartObject("parameters"u8);
        if (JsonFields.TryGet(named, "parameters", out var parameters))
        {
            foreach (var value in parameters.EnumerateObject().Where(value => !Secrets.Contains(value.Name)))
                value.WriteTo(json);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }
}
