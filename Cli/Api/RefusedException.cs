using System.Text.Json.Nodes;

namespace OrleansTasks.Cli.Api;

/// <summary>The gateway refused; the message is its problem, for people.</summary>
/// <param name="message">The problem.</param>
/// <param name="status">The HTTP status of the refusal; 0 when there is none.</param>
/// <param name="document">The problem document, or null if the answer was none.</param>
internal sealed class RefusedException(string message, int status = 0, JsonNode? document = null) : Exception(message)
{
    /// <summary>The problem document, or null if the answer was none.</summary>
    public JsonNode? Document => document;

    /// <summary>The status; 0 when there was none.</summary>
    public int Status => status;

    /// <summary>Whether the gateway, or a proxy before it, says that it cannot answer now: it starts, or it ends.</summary>
    public bool IsPassing => status is 502 or 503 or 504;
}
