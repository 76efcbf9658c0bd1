using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Mcp;

/// <summary>
/// The protocol's tasks (its extension SEP-2663): a task of the protocol is a task of the service, under the same id, so nothing
/// is kept for it. The libraries have a package for the extension, which cannot be had in their version; its messages
/// are few.
/// </summary>
internal static partial class McpTasks
{
    /// <summary>The extension's name.</summary>
    public const string Extension = "io.modelcontextprotocol/tasks";

    /// <summary>The first revision of the protocol that has the extension.</summary>
    private const string FirstRevision = "2026-07-28";

    private const int PollMilliseconds = 1_000;

    /// <summary>How <see cref="Created"/> is written.</summary>
    public static JsonTypeInfo<Created> CreatedType => Json.Default.Created;

    /// <summary>Whether the sender of a request takes a task for an answer.</summary>
    public static bool AreTaken(JsonRpcRequest request) =>
        string.CompareOrdinal(request.Context?.ProtocolVersion, FirstRevision) >= 0
        && request.Params?["_meta"]?["io.modelcontextprotocol/clientCapabilities"]?["extensions"] is JsonObject extensions
        && extensions.ContainsKey(Extension);

    /// <summary>The task that a request names. Throws when it names none, or when its sender does not take tasks.</summary>
    public static string IdOf(JsonRpcRequest request)
    {
        if (!AreTaken(request))
        {
            throw new MissingRequiredClientCapabilityException(
                new ClientCapabilities { Extensions = new Dictionary<string, object> { [Extension] = new JsonObject() } },
                $"{request.Method} needs the client's extension {Extension}, and revision {FirstRevision} of the protocol or later.");
        }

        return request.Params?["taskId"] is JsonValue value && value.TryGetValue(out string? id)
            ? id
            : throw new McpProtocolException("'taskId' must be the id of a task.", McpErrorCode.InvalidParams);
    }

    /// <summary>The task in an answer of the HTTP API; throws the protocol's error when it was refused.</summary>
    public static JsonObject Read(OwnAnswer answer)
    {
        if (answer is { IsSuccess: true, Body: { } body })
            return JsonNode.Parse(body)!.AsObject();
        throw new McpProtocolException(
            McpResults.TextOf(McpResults.ProblemOf(answer)),
            answer.Status < 500 ? McpErrorCode.InvalidParams : McpErrorCode.InternalError);
    }

    /// <summary>A task that has just been submitted.</summary>
    public static Created CreatedOf(JsonObject task)
    {
        var at = (string?)task["createdAt"];
        return new Created { TaskId = (string)task["id"]!, CreatedAt = at, LastUpdatedAt = at, StatusMessage = (string?)task["state"] };
    }

    /// <summary>What tasks/get answers. A task whose command failed has completed: the protocol fails what never ran.</summary>
    public static JsonObject StateOf(JsonObject task)
    {
        var state = (string?)task["state"];
        var answer = new JsonObject
        {
            ["resultType"] = "complete",
            ["taskId"] = (string?)task["id"],
            ["status"] = state switch { "succeeded" or "failed" => "completed", "cancelled" => "cancelled", _ => "working" },
            ["statusMessage"] = state,
            ["createdAt"] = (string?)task["createdAt"],
            ["lastUpdatedAt"] = (string?)(task["endedAt"] ?? task["startedAt"] ?? task["queuedAt"] ?? task["createdAt"]),
            ["ttlMs"] = null,
            ["pollIntervalMs"] = PollMilliseconds,
        };
        if (state is "succeeded" or "failed")
            answer["result"] = JsonSerializer.SerializeToNode(McpResults.Of(task), McpJsonUtilities.DefaultOptions);
        return answer;
    }

    /// <summary>Says that a request came.</summary>
    public static JsonObject Acknowledgement() => new() { ["resultType"] = "complete" };

    /// <summary>Answers a call with a task instead of a result.</summary>
    internal sealed class Created : Result
    {
        /// <summary>Makes it.</summary>
        public Created() => ResultType = "task";

        /// <summary>The task's id.</summary>
        [JsonPropertyName("taskId")]
        public required string TaskId { get; init; }

        /// <summary>Its state in the protocol's words.</summary>
        [JsonPropertyName("status")]
        public string Status => "working";

        /// <summary>Its state in ours.</summary>
        [JsonPropertyName("statusMessage")]
        public string? StatusMessage { get; init; }

        /// <summary>When it was submitted.</summary>
        [JsonPropertyName("createdAt")]
        public string? CreatedAt { get; init; }

        /// <summary>When it changed last.</summary>
        [JsonPropertyName("lastUpdatedAt")]
        public string? LastUpdatedAt { get; init; }

        /// <summary>How long it is kept; null: as long as the service's retention says.</summary>
        [JsonPropertyName("ttlMs")]
        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public long? TimeToLive => null;

        /// <summary>How often to ask.</summary>
        [JsonPropertyName("pollIntervalMs")]
        public long PollIntervalMs => PollMilliseconds;
    }

    [JsonSerializable(typeof(Created))]
    [JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    private sealed partial class Json : JsonSerializerContext;
}
