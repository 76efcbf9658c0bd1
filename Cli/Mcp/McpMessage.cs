using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansTasks.Cli.Mcp;

/// <summary>A JSON-RPC message of the MCP client.</summary>
/// <param name="Line">Its bytes, which the gateway gets as they are.</param>
/// <param name="Body">The same as an object.</param>
internal sealed record McpMessage(byte[] Line, JsonObject Body)
{
    /// <summary>JSON-RPC's code for a failure of the server.</summary>
    public const int InternalError = -32603;

    private const int ParseError = -32700;
    private const string Expected = "Each line must be one JSON-RPC message in UTF-8 without duplicate names in an object";

    /// <summary>
    /// Reads a line, as strictly as the gateway reads bodies. Returns the message, or the error to answer with, or nothing
    /// for a blank line.
    /// </summary>
    public static (McpMessage? Message, JsonObject? Fault) Read(byte[] line)
    {
        if (line.AsSpan().IndexOfAnyExcept(" \t\r"u8) < 0)
            return (null, null);
        try
        {
            return StrictJson.Parse(line) is JsonObject body
                ? (new McpMessage(line, body), null)
                : (null, Error(null, ParseError, $"{Expected}."));
        }
        catch (JsonException failure)
        {
            return (null, Error(IdIn(line), ParseError, $"{Expected}: {failure.Message}"));
        }
    }

    /// <summary>Returns a text; null for anything else.</summary>
    public static string? TextOf(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>Returns an error answer.</summary>
    public static JsonObject Error(JsonNode? id, int code, string text) => new()
    {
        ["jsonrpc"] = "2.0",
        ["id"] = id?.DeepClone(),
        ["error"] = new JsonObject { ["code"] = code, ["message"] = text },
    };

    // The client waits for an answer with the id of its request, which is often readable although the rest is not.
    private static JsonNode? IdIn(byte[] line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (!document.RootElement.TryGetProperty("id", out var id))
                return null;
            return id.ValueKind == JsonValueKind.String ? JsonValue.Create(id.GetString())
                : id.ValueKind == JsonValueKind.Number ? JsonNode.Parse(id.GetRawText())
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }
}
