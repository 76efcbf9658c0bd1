using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Mcp;

/// <summary>
/// The protocol's tasks (extension SEP-2663). A task of the protocol is a task of the service with the same id, so no
/// further state is needed. The libraries' package for the extension is not available for their version, so this
/// implements its few messages.
/// </summary>
internal static partial class McpTasks
{
    /// <summary>The extension's name.</summary>
    public const string Extension = "io.modelcontextprotocol/tasks";

    /// <summary>The first revision of the protocol that has the extension.</summary>
    private const string FirstRevision = "2026-07-28";

    private const int PollMilliseconds = 1_000;

    /// <summary>How to serialize <see cref="Created"/>.</summary>
    public static JsonTypeInfo<Created> CreatedType => Json.Default.Created;

    /// <summary>Returns whether the sender of a request accepts a task as an answer.</summary>
    public static bool AreTaken(JsonRpcRequest request) =>
        string.CompareOrdinal(request.Context?.ProtocolVersion, FirstRevision) >= 0
        && request.Params?["_meta"]?["io.modelcontextprotocol/clientCapabilities"]?["extensions"] is JsonObject extensions
        && extensions.ContainsKey(Extension);

    /// <summary>
    /// Returns the task id in a request. Throws if there is none, or if the sender does not support tasks.
    /// </summary>
    public static string IdOf(JsonRpcRequest request)
    {
        if (!AreTaken(request))
        {
            throw new MissingRequiredClientCapabilityException(
                new ClientCapabilities { Extensions = new Dictionary<string, object> { [Extension] = new JsonObject() } },
                $"{request.Method} requires that the client has the extension {Extension}, and revision "
                    + $"{FirstRevision} of the protocol or later.");
        }

        return request.Params?["taskId"] is JsonValue value && value.TryGetValue(out string? id)
            ? id
            : throw new McpProtocolException("'taskId' must be the id of a task.", McpErrorCode.InvalidParams);
    }

    /// <summary>
    /// Returns the task in an answer of the HTTP API. Throws the protocol's error if the call was refused.
    /// </summary>
    public static JsonObject Read(OwnAnswer answer)
    {
        if (answer is { IsSuccess: true, Body: { } body })
            return McpResults.Read(body);
        throw new McpProtocolException(
            McpResults.TextOf(McpResults.ProblemOf(answer)),
            answer.Status < 500 ? McpErrorCode.InvalidParams : McpErrorCode.InternalError);
    }

    /// <summary>Returns the answer for a task that has just been submitted.</summary>
    public static Created CreatedOf(JsonObject task)
    {
        var at = (string?)task["createdAt"];
        return new Created { TaskId = (string)task["id"]!, CreatedAt = at, LastUpdatedAt = at, StatusMessage = (string?)task["state"] };
    }

    /// <summary>
    /// Returns the answer to tasks/get. A task whose command failed is "completed": in the protocol, "failed" means
    /// that it could not be run.
    /// </summary>
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

    /// <summary>Returns the acknowledgement of a request.</summary>
    public static JsonObject Acknowledgement() => new() { ["resultType"] = "complete" };

    /// <summary>An answer to a tool call with a task instead of a result.</summary>
    internal sealed class Created : Result
    {
        /// <summary>Creates the answer.</summary>
        public Created() => ResultType = "task";

        /// <summary>The task's id.</summary>
        [JsonPropertyName("taskId")]
        public required string TaskId { get; init; }

        /// <summary>The task's state in the protocol's terms.</summary>
        [JsonPropertyName("status")]
        public string Status => "working";

        /// <summary>The task's state in the service's terms.</summary>
        [JsonPropertyName("statusMessage")]
        public string? StatusMessage { get; init; }

        /// <summary>When it was submitted.</summary>
        [JsonPropertyName("createdAt")]
        public string? CreatedAt { get; init; }

        /// <summary>When the task last changed.</summary>
        [JsonPropertyName("lastUpdatedAt")]
        public string? LastUpdatedAt { get; init; }

        /// <summary>How long the task is kept; null, because the service's retention decides.</summary>
        [JsonPropertyName("ttlMs")]
        [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
        public long? TimeToLive => null;

        /// <summary>How often the client should poll.</summary>
        [JsonPropertyName("pollIntervalMs")]
        public long PollIntervalMs => PollMilliseconds;
    }

    [JsonSerializable(typeof(Created))]
    [JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    private sealed partial class Json : JsonSerializerContext;
}
