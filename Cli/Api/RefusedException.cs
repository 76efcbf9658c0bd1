using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;

namespace OrleansTasks.Cli.Api;

/// <summary>The gateway refused a request. The message is its problem, human-readable.</summary>
/// <param name="message">The problem.</param>
/// <param name="status">The HTTP status of the refusal; 0 if there is none.</param>
/// <param name="document">The problem document; null if the answer was not one.</param>
internal sealed class RefusedException(string message, int status = 0, JsonNode? document = null) : Exception(message)
{
    /// <summary>The problem document; null if the answer was not one.</summary>
    public JsonNode? Document => document;

    /// <summary>
    /// The problem as JSON: the problem document, or one with the message alone if otask itself refused.
    /// </summary>
    public JsonNode Problem => document ?? new JsonObject { ["detail"] = Message };

    /// <summary>The HTTP status; 0 if there is none.</summary>
    public int Status => status;

    /// <summary>
    /// Whether the gateway or a proxy cannot answer now, for example because the service is starting or stopping, or
    /// because the gateway is still answering an earlier try of the same request.
    /// </summary>
    public bool IsPassing => status is 502 or 503 or 504 || (status == 409 && document?.Field("code") == "in-flight");
}
