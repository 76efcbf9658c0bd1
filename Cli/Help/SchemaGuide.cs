using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Help;

/// <summary>Finds and describes the schemas of an OpenAPI document.</summary>
/// <param name="document">The document.</param>
internal sealed class SchemaGuide(JsonNode document)
{
    private static readonly (string Name, string Schema)[] Bodies =
    [
        ("task", "TaskSpec"), ("batch", "BatchSpec"), ("job", "JobSpec"), ("queue", "QueueChange"),
        ("schedule", "ScheduleSpec"), ("calendar", "CalendarSpec"),
        ("workflow", "WorkflowSpec"), ("rollout", "RolloutSpec"), ("webhook", "WebhookSpec"),
        ("trigger", "TriggerSpec"), ("notification", "NotificationSpec"),
    ];

    // A schema may refer to one that refers to another.
    private const int MostReferences = 16;

    private JsonObject? Schemas => (document["components"] as JsonObject)?["schemas"] as JsonObject;

    /// <summary>The names with which a path may begin.</summary>
    public static string Roots => string.Join(", ", Bodies.Select(static body => body.Name));

    /// <summary>
    /// Returns the schema at a path such as <c>task.retry</c>. Throws <see cref="UsageException"/> if there is none.
    /// </summary>
    public JsonNode Find(string path)
    {
        var steps = path.Split('.');
        var root = Bodies.FirstOrDefault(body => body.Name == steps[0]).Schema;
        if (root is null || Schemas?[root] is not { } at)
            throw new UsageException($"Unknown name '{steps[0]}': expected one of {Roots}.");
        foreach (var step in steps.Skip(1))
        {
            var fields = FieldsOf(at);
            at = fields?[step] ?? throw new UsageException(
                fields is null ? $"'{path}' has no fields, so '{step}' cannot be one."
                    : $"'{path}' has no field '{step}'; its fields are "
                        + $"{string.Join(", ", fields.Select(static field => field.Key))}.");
        }

        return Merged(at);
    }

    /// <summary>Writes a human-readable description of a schema, then of its fields.</summary>
    public void Write(JsonNode schema, TextWriter output)
    {
        output.WriteLine($"{TypeOf(schema)}{(BoundsOf(schema) is { Length: > 0 } bounds ? $" ({bounds})" : "")}");
        if (schema.Field("description") is { Length: > 0 } description)
            output.WriteLine(TerminalText.Line(description));
        if (FieldsOf(schema) is not { } fields)
            return;
        var needed = (schema["required"] as JsonArray ?? []).Select(static name => JsonText.Text(name)).ToHashSet();
        var table = new Table("FIELD", "TYPE", "DEFAULT", "DESCRIPTION");
        foreach (var (name, field) in fields)
        {
            var merged = Merged(field);
            table.Add(
                needed.Contains(name) ? name + " *" : name, TypeOf(merged), merged.Field("default"),
                string.Join(" ",
                    ((string[])[merged.Field("description"), BoundsOf(merged)]).Where(static text => text.Length > 0)));
        }

        output.WriteLine();
        table.Write(output);
        if (needed.Count > 0)
            output.WriteLine("\n* required");
    }

    private static string TypeOf(JsonNode schema) => schema["type"] switch
    {
        JsonArray types => string.Join(" or ", types.Select(static type => JsonText.Text(type))),
        { } type when type.ToString() == "array" => (schema["items"] as JsonObject)?["type"] is { } items ? $"list of {items}" : "list",
        { } type => type.ToString(),
        null => "any",
    };

    private static string BoundsOf(JsonNode schema)
    {
        var bounds = new List<string>();
        if (schema["enum"] is JsonArray values)
            bounds.Add("one of " + string.Join(", ", values.Select(static value => JsonText.Text(value))));
        foreach (var (name, words) in ((string, string)[])[
            ("minimum", "at least"), ("maximum", "at most"), ("minItems", "items at least"),
            ("maxItems", "items at most"),
            ("maxLength", "characters at most"), ("pattern", "pattern")])
        {
            if (schema[name] is { } bound)
                bounds.Add($"{words} {JsonText.Text(bound)}");
        }

        return string.Join("; ", bounds);
    }

    /// <summary>Returns the schema's own fields, or those of a list's items; null if it has none.</summary>
    private JsonObject? FieldsOf(JsonNode schema)
    {
        var merged = Merged(schema);
        return merged["properties"] as JsonObject
            ?? (merged["items"] is { } items ? Merged(items)["properties"] as JsonObject : null);
    }

    /// <summary>
    /// Resolves a schema's reference. The schema's own members override those of the referenced schema.
    /// </summary>
    private JsonObject Merged(JsonNode? schema, int depth = 0)
    {
        var merged = new JsonObject();
        if (schema is JsonObject && schema.Field("$ref") is { Length: > 0 } reference
            && Schemas?[reference[(reference.LastIndexOf('/') + 1)..]] is { } target && depth < MostReferences)
            merged = Merged(target, depth + 1);
        foreach (var (name, value) in schema as JsonObject ?? [])
        {
            if (name != "$ref")
                merged[name] = value?.DeepClone();
        }

        return merged;
    }
}
