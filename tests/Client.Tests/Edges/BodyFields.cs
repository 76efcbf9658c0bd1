using System.Text.Json;

namespace OrleansTasks.Client.Tests.Edges;

/// <summary>The fields of a request body, from its schema, and bodies that are valid but for one of them.</summary>
/// <param name="schemas">The schemas of the service's document, by name.</param>
internal sealed class BodyFields(JsonElement schemas)
{
    /// <summary>The step of a path into the elements of an array.</summary>
    private const string Element = "[]";

    /// <summary>The step of a path to a name that an object may give freely.</summary>
    private const string FreeName = "*";

    /// <summary>Values that a schema cannot tell: harmless commands, a port that nobody listens on.</summary>
    private static readonly Dictionary<string, string> Known = new(StringComparer.Ordinal)
    {
        ["cmd"] = "\"true\"", ["argv"] = "[\"/bin/true\"]", ["url"] = "\"http://127.0.0.1:9/\"",
        ["process"] = """{"builtin":"identity"}""", ["task"] = """{"cmd":"true"}""", ["source"] = """{"range":{"from":0,"to":3}}""",
        ["every"] = "\"1h\"", ["cron"] = "\"0 3 * * *\"", ["code"] = "\"node-lost\"", ["files"] = $"[\"sha256:{new string('0', 64)}\"]", ["for"] = "\"1s\"",
        ["definition"] = "\"edges\"", ["signature"] = """{"kind":"github"}""",
        ["from"] = "\"2026-01-01T00:00:00Z\"", ["to"] = "\"2026-01-02T00:00:00Z\"",
    };

    /// <summary>Members of which an object has one, where the schema says so in words only.</summary>
    private static readonly string[][] Choices =
    [
        ["every", "cron"], ["cmd", "argv"], ["range", "file", "stream", "command", "items"],
        ["builtin", "command", "chunkCommand", "plugin"], ["task", "job", "workflow", "rollout"], ["task", "job", "workflow"], ["task", "job"],
    ];

    /// <summary>The paths of all fields.</summary>
    public IEnumerable<string[]> Of(string schema) => Below(schemas.GetProperty(schema), []);

    /// <summary>A valid body.</summary>
    public string Valid(string schema) => Minimal(schemas.GetProperty(schema), "");

    /// <summary>Whether a field is a time.</summary>
    public bool IsTime(string schema, string[] path) => EdgeValues.IsTime(
        path.Aggregate(schemas.GetProperty(schema), (at, step) => Resolve(At(Resolve(at), step))));

    /// <summary>A body that has a value at an end of its type in one field.</summary>
    public string With(string schema, string[] path, EdgeValues values) =>
        With(schemas.GetProperty(schema), path, values);

    private IEnumerable<string[]> Below(JsonElement schema, string[] path)
    {
        schema = Resolve(schema);
        foreach (var step in Steps(schema))
        {
            string[] next = [.. path, step];
            yield return next;
            foreach (var below in Below(At(schema, step), next))
                yield return below;
        }
    }

    private string With(JsonElement schema, ReadOnlySpan<string> path, EdgeValues values)
    {
        schema = Resolve(schema);
        if (path.IsEmpty)
        {
            var item = schema.TryGetProperty("items", out var items) ? Minimal(items, "") : null;
            return values.Json(schema, Minimal(schema, ""), item);
        }

        var value = With(At(schema, path[0]), path[1..], values);
        if (path[0] == Element)
            return $"[{value}]";
        var name = path[0] == FreeName ? path.Length == 1 ? values.Text() : "a" : path[0];
        return Object(schema, path[0], $"{EdgeValues.Quote(name)}:{value}");
    }

    private string Minimal(JsonElement schema, string name)
    {
        schema = Resolve(schema);
        var type = EdgeValues.TypeOf(schema);
        // To whom a notification goes is no time.
        if (type == "object" && name == "to")
            return """{"slack":"http://127.0.0.1:9/"}""";
        // A range of numbers has the names of a range of times.
        if (type != "integer" && Known.TryGetValue(name, out var known))
            return known;
        if (schema.TryGetProperty("enum", out var names))
            return names[0].GetRawText();
        return type switch
        {
            "integer" or "number" => schema.TryGetProperty("minimum", out var least) ? least.GetRawText() : "1",
            "boolean" => "true",
            "array" => schema.TryGetProperty("items", out var items) ? $"[{Minimal(items, "")}]" : "[]",
            "object" => Object(schema, "", ""),
            "" => "1",
            _ => schema.TryGetProperty("examples", out var examples) ? examples[0].GetRawText() : "\"a\"",
        };
    }

    /// <summary>An object with what it must have beside one member.</summary>
    private string Object(JsonElement schema, string step, string member)
    {
        var required = schema.TryGetProperty("required", out var names) ? Names(names) : [];
        var choices = Choices.Where(choice => choice.All(one => Has(schema, one))).ToArray();
        // A part of another choice is not a choice of its own.
        var chosen = choices.Where(choice => !choice.Contains(step) && !choices.Any(other => other != choice && choice.All(other.Contains)))
            .Select(static choice => choice[0]);
        var members = required.Concat(chosen).Distinct().Where(name => name != step)
            .Select(name => $"{EdgeValues.Quote(name)}:{Minimal(Property(schema, name), name)}");
        return $"{{{string.Join(',', member.Length > 0 ? members.Append(member) : members)}}}";
    }

    private static IEnumerable<string> Steps(JsonElement schema)
    {
        var names = schema.TryGetProperty("properties", out var members)
            ? members.EnumerateObject().Select(static one => one.Name) : [];
        if (schema.TryGetProperty("items", out _))
            names = names.Append(Element);
        if (schema.TryGetProperty("additionalProperties", out var free) && free.ValueKind == JsonValueKind.Object)
            names = names.Append(FreeName);
        return names.Distinct();
    }

    private JsonElement At(JsonElement schema, string step) => step switch
    {
        Element => schema.GetProperty("items"),
        FreeName => schema.GetProperty("additionalProperties"),
        _ => Property(schema, step),
    };

    private JsonElement Property(JsonElement schema, string name) =>
        Has(schema, name) ? Resolve(schema.GetProperty("properties").GetProperty(name)) : default;

    private static bool Has(JsonElement schema, string name) =>
        schema.TryGetProperty("properties", out var all) && all.TryGetProperty(name, out _);

    private static string[] Names(JsonElement array) =>
        [.. array.EnumerateArray().Select(static one => one.GetString()!)];

    private JsonElement Resolve(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("$ref", out var to)
            ? Resolve(schemas.GetProperty(to.GetString()!.Split('/')[^1])) : schema;
}
