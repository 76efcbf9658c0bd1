using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Api;
using OrleansTasks.Api.Json;

namespace OrleansTasks.Cli.Api;

/// <summary>
/// Reads answers as models of the .NET client. otask prints answers as the gateway sent them, so it keeps their JSON.
/// </summary>
internal static class Models
{
    /// <summary>Reads a queue.</summary>
    public static QueueDetails Queue(JsonNode answer) => answer.Deserialize(ApiJson.Default.QueueDetails)!;
}
