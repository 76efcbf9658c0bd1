using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Mcp;

/// <summary>Converts answers of the HTTP API to results of tools: the same JSON, limited in size.</summary>
internal static class McpResults
{
    private const string OperationHeader = "Otask-Operation";

    // A stored body may have 64 levels, and an answer has some around it.
    private const int MostLevels = 128;

    // The protocol's library writes messages of at most 64 levels. The answer to tasks/get has three around the content.
    private const int MostStructuredLevels = 61;

    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = MostLevels };

    private static readonly JsonSerializerOptions Readable = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = MostLevels,
    };

    // Maximum string lengths, tried in order until the answer is short enough. The first fits a whole tail of a task.
    private static readonly int[] LongestTexts = [8 * 1024, 1024, 128];

    private static readonly Problem TooLong = new(
        StatusCodes.Status422UnprocessableEntity, "answer-too-large", "The answer is too large",
        $"A tool's answer can have at most {ServiceLimits.McpAnswerBytes >> 10} KiB. Request fewer items, or use the HTTP API.");

    /// <summary>Returns the result for an answer.</summary>
    public static CallToolResult Of(OwnAnswer answer)
    {
        if (!answer.IsSuccess || answer.Body is null)
            return Refused(ProblemOf(answer));
        var json = Read(answer.Body);
        // When a single task was changed, the id for an undo is in a header. Add it to the JSON.
        if (answer.Headers.TryGetValue(OperationHeader, out var operation))
            json["operation"] = operation.ToString();
        return Of(json);
    }

    /// <summary>Reads an answer of the HTTP API, which is a JSON object.</summary>
    public static JsonObject Read(ReadOnlySpan<byte> body) => JsonNode.Parse(body, documentOptions: Deep)!.AsObject();

    /// <summary>Returns the result for a problem.</summary>
    public static CallToolResult Of(Problem problem) => Refused(JsonOf(problem));

    /// <summary>Returns the result for a JSON object, with strings that are too long cut off.</summary>
    /// <param name="json">The object.</param>
    /// <param name="isBounded">Whether the object's size is already limited.</param>
    public static CallToolResult Of(JsonObject json, bool isBounded = false)
    {
        if (isBounded)
            return Of(json, json.ToJsonString(Readable));
        foreach (var longest in LongestTexts)
        {
            var cut = json.DeepClone();
            Cut(cut, longest);
            var text = cut.ToJsonString(Readable);
            if (Encoding.UTF8.GetByteCount(text) <= ServiceLimits.McpAnswerBytes)
                return Of(cut, text);
        }

        return Of(TooLong);
    }

    /// <summary>Returns the problem document of an answer.</summary>
    public static JsonObject ProblemOf(OwnAnswer answer) => answer.Body switch
    {
        null => JsonOf(TooLong),
        { Length: > 0 } body when answer.Headers.ContentType == "application/problem+json" => Read(body),
        _ => JsonOf(Problems.InternalError()),
    };

    /// <summary>Returns a problem as text: what is wrong, what is allowed, and what to do.</summary>
    public static string TextOf(JsonObject problem)
    {
        var text = new StringBuilder().Append(problem["title"]).Append(" (").Append(problem["code"]).Append("): ").Append(problem["detail"]);
        // If there is only one error, the detail already says it.
        foreach (var (path, messages) in problem["errors"] is JsonObject { Count: > 1 } errors ? errors : [])
        {
            foreach (var message in messages!.AsArray())
                text.Append('\n').Append(path).Append(": ").Append(message);
        }

        return text.ToString();
    }

    private static CallToolResult Refused(JsonObject problem) => new()
    {
        IsError = true,
        Content = [new TextContentBlock { Text = TextOf(problem) }],
        StructuredContent = JsonSerializer.SerializeToElement(problem),
    };

    private static JsonObject JsonOf(Problem problem) => new()
    {
        ["title"] = problem.Title,
        ["status"] = problem.Status,
        ["detail"] = problem.Detail,
        ["code"] = problem.Code,
    };

    // The text is for clients that do not support structured content, and for content that is too deep for a message.
    private static CallToolResult Of(JsonNode json, string text) => new()
    {
        Content = [new TextContentBlock { Text = text }],
        StructuredContent = LevelsOf(json) <= MostStructuredLevels ? JsonSerializer.SerializeToElement(json) : null,
    };

    private static int LevelsOf(JsonNode? node) => node switch
    {
        JsonObject members => 1 + members.Select(static one => LevelsOf(one.Value)).DefaultIfEmpty().Max(),
        JsonArray items => 1 + items.Select(LevelsOf).DefaultIfEmpty().Max(),
        _ => 0,
    };

    private static void Cut(JsonNode? node, int longest)
    {
        if (node is JsonObject members)
        {
            foreach (var (name, value) in members.ToArray())
            {
                if (Shorter(value, longest) is { } text)
                    members[name] = text;
                else
                    Cut(value, longest);
            }
        }
        else if (node is JsonArray items)
        {
            for (var i = 0; i < items.Count; i++)
            {
                if (Shorter(items[i], longest) is { } text)
                    items[i] = text;
                else
                    Cut(items[i], longest);
            }
        }
    }

    private static string? Shorter(JsonNode? node, int longest)
    {
        if (node is not JsonValue value || !value.TryGetValue(out string? text) || text.Length <= longest)
            return null;
        // Do not cut a surrogate pair in two.
        var kept = char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest;
        var left = ServiceLimits.Count(text.Length - kept);
        return $"{text.AsSpan(0, kept)}… ({left} more characters)";
    }
}
