using System.Globalization;
using System.Text.Json;
using OrleansTasks.Definitions;

namespace OrleansTasks.Client.Definitions;

/// <summary>
/// Writes what a schedule starts with the labels of the definitions that it comes from, and with the variables of jobs:
/// as it is stored, which callers cannot send.
/// </summary>
internal static class ScheduledTarget
{
    /// <summary>Writes what the definition of a schedule starts.</summary>
    public static void Write(Utf8JsonWriter json, JsonElement target, DefinitionUse use)
    {
        if (use.Target.Kind == DefinitionKind.Workflow)
        {
            var count = target.GetProperty("nodes"u8).GetArrayLength();
            WriteWorkflow(json, target, use.Target.NodesOf(use.Ref, count), use.Ref);
        }
        else
            WriteLabelled(json, target, use.Ref, use.Target.Kind == DefinitionKind.Job ? use.Target.Variables : null);
    }

    /// <summary>Writes a workflow whose nodes come from definitions.</summary>
    /// <param name="json">Where to write.</param>
    /// <param name="workflow">The workflow.</param>
    /// <param name="origins">Where each node comes from.</param>
    /// <param name="own">The workflow's own definition; null if it has none.</param>
    public static void WriteWorkflow(
        Utf8JsonWriter json, JsonElement workflow, ImmutableArray<ExpandedNode> origins, DefinitionRef? own)
    {
        json.WriteStartObject();
        foreach (var field in workflow.EnumerateObject())
        {
            if (field.NameEquals("nodes"u8))
            {
                json.WriteStartArray("nodes"u8);
                foreach (var (index, node) in field.Value.EnumerateArray().Index())
                    WriteNode(json, node, origins[index]);
                json.WriteEndArray();
            }
            else if (own is null || !field.NameEquals("labels"u8))
                field.WriteTo(json);
        }

        if (own is not null)
            WriteLabels(json, workflow, own);
        json.WriteEndObject();
    }

    private static void WriteNode(Utf8JsonWriter json, JsonElement node, ExpandedNode origin)
    {
        json.WriteStartObject();
        foreach (var field in node.EnumerateObject())
        {
            var isJob = field.NameEquals("job"u8);
            if (origin.Definition is { } definition && (isJob || field.NameEquals("task"u8)))
            {
                json.WritePropertyName(field.Name);
                WriteLabelled(json, field.Value, definition, isJob ? origin.Variables : null);
            }
            else
                field.WriteTo(json);
        }

        json.WriteEndObject();
    }

    private static void WriteLabelled(
        Utf8JsonWriter json, JsonElement target, DefinitionRef definition,
        ImmutableArray<(string Name, string Value)>? variables)
    {
        json.WriteStartObject();
        foreach (var field in target.EnumerateObject().Where(static field => !field.NameEquals("labels"u8)))
            field.WriteTo(json);
        WriteLabels(json, target, definition);
        if (variables is { } given)
        {
            json.WriteStartObject("env"u8);
            foreach (var (name, value) in given)
                json.WriteString(name, value);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteLabels(Utf8JsonWriter json, JsonElement of, DefinitionRef definition)
    {
        json.WriteStartObject("labels"u8);
        if (of.TryGetProperty("labels"u8, out var labels))
        {
            foreach (var label in labels.EnumerateObject())
                label.WriteTo(json);
        }

        json.WriteString(DefinitionLabels.Name, definition.Name);
        json.WriteString(DefinitionLabels.Version, definition.Version.ToString(CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }
}
