using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansTasks.Client.Tests.Contract;

/// <summary>
/// Writes the contract's document so that a change of it is a short difference: what fits in a line is one, all calls
/// share their refusals, and an example stands with its schema alone.
/// </summary>
internal static class ContractText
{
    private const int Widest = 180;
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns the text of a document.</summary>
    public static string Of(JsonNode document)
    {
        var whole = document.DeepClone().AsObject();
        var refusals = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        foreach (var operation in whole["paths"]!.AsObject().SelectMany(static path => path.Value!.AsObject()))
        {
            var responses = operation.Value!["responses"]!.AsObject();
            foreach (var (status, response) in responses.ToArray())
            {
                if (response!["content"]?["application/problem+json"] is null)
                    continue;
                refusals[status] = response.DeepClone();
                responses[status] = new JsonObject { ["$ref"] = "#/components/responses/" + status };
            }

            var contents = responses.Select(static response => response.Value!["content"]).Append(operation.Value["requestBody"]?["content"]);
            foreach (var content in contents.OfType<JsonObject>().SelectMany(static content => content))
                content.Value!.AsObject().Remove("example");
        }

        whole["components"]!["responses"] = new JsonObject(refusals.Select(static one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value)));
        return Text(whole, "", "") + "\n";
    }

    private static string Text(JsonNode? node, string indent, string name)
    {
        var line = Line(node);
        if (node is not JsonObject and not JsonArray || indent.Length + name.Length + line.Length < Widest)
            return line;
        var inner = indent + "  ";
        var (open, close, parts) = node is JsonObject members
            ? ('{', '}', members.Select(member => Key(member.Key) + Text(member.Value, inner, Key(member.Key))))
            : ('[', ']', node.AsArray().Select(item => Text(item, inner, "")));
        return $"{open}\n{string.Join(",\n", parts.Select(part => inner + part))}\n{indent}{close}";
    }

    private static string Line(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject { Count: > 0 } members => $"{{ {string.Join(", ", members.Select(static member => Key(member.Key) + Line(member.Value)))} }}",
        JsonArray items => $"[{string.Join(", ", items.Select(Line))}]",
        _ => node.ToJsonString(Plain),
    };

    private static string Key(string name) => JsonSerializer.Serialize(name, Plain) + ": ";
}
