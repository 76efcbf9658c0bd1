using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;

namespace OrleansTasks.Cli.Output;

/// <summary>Formats JSON from the gateway.</summary>
internal static class JsonText
{
    // A value may have 64 levels, and an answer has some around it.
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 128 };
    private static readonly JsonSerializerOptions Indented = new(Compact) { WriteIndented = true };

    /// <summary>Returns the whole node, indented.</summary>
    public static string Of(JsonNode node) => node.ToJsonString(Indented);

    /// <summary>Returns the whole node on one line.</summary>
    public static string Line(JsonNode node) => node.ToJsonString(Compact);

    /// <summary>
    /// Returns a field as a string: empty if it is null or missing, one line of JSON if it is an object or array.
    /// </summary>
    public static string Field(this JsonNode node, string name) => Text(Answer.Fields(node, name)[name]);

    /// <summary>Returns a field as <see cref="Field"/> does, but an empty object or array as an empty string.</summary>
    public static string FieldUnlessEmpty(JsonNode node, string name) =>
        node[name] is JsonObject { Count: 0 } or JsonArray { Count: 0 } ? "" : node.Field(name);

    /// <summary>
    /// Returns a value as a string: empty if it is null, one line of JSON if it is an object or array.
    /// </summary>
    public static string Text(JsonNode? value) => value switch
    {
        null => "",
        JsonValue scalar when scalar.TryGetValue<string>(out var text) => text,
        var other => other.ToJsonString(Compact),
    };

    /// <summary>Names the kind of a value, with its article.</summary>
    public static string Kind(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a text",
        JsonValueKind.Number => "a number",
        null => "null",
        _ => "a truth value",
    };

    /// <summary>Formats a number of bytes with a unit.</summary>
    public static string Bytes(string count)
    {
        if (!double.TryParse(count, CultureInfo.InvariantCulture, out var bytes))
            return count;
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        for (; bytes >= 1024 && unit < units.Length - 1; unit++)
            bytes /= 1024;
        return string.Create(CultureInfo.InvariantCulture, $"{bytes:0.#} {units[unit]}");
    }
}
