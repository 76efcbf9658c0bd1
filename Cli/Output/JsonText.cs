using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansTasks.Cli.Output;

/// <summary>JSON as the gateway gives it, for people and for programs.</summary>
internal static class JsonText
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new(Compact) { WriteIndented = true };

    /// <summary>All of it, indented.</summary>
    public static string Of(JsonNode node) => node.ToJsonString(Indented);

    /// <summary>All of it, in one line.</summary>
    public static string Line(JsonNode node) => node.ToJsonString(Compact);

    /// <summary>A field as text; empty when it is null or missing, JSON in one line when it has parts.</summary>
    public static string Field(this JsonNode node, string name) => Text(node[name]);

    /// <summary>A value as text; empty when it is null, JSON in one line when it has parts.</summary>
    public static string Text(JsonNode? value) => value switch
    {
        null => "",
        JsonValue scalar when scalar.TryGetValue<string>(out var text) => text,
        var other => other.ToJsonString(Compact),
    };

    /// <summary>The items of a list.</summary>
    public static IEnumerable<JsonNode> Items(this JsonNode node) => (node["items"] as JsonArray ?? []).OfType<JsonNode>();

    /// <summary>A count of bytes with a unit.</summary>
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
