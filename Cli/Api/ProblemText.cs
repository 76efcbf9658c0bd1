using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OrleansTasks.Cli.Api;

/// <summary>Turns <c>application/problem+json</c> into human-readable lines.</summary>
internal static class ProblemText
{
    /// <summary>
    /// Returns the text of a refusal. If the body is not a problem document, the text has only the status.
    /// </summary>
    public static string Of(int status, byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return Of(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return $"the gateway answered with status {status} and no explanation; give --url the HTTP address of an "
                + "OrleansTasks gateway, not the address for workers";
        }
    }

    /// <summary>Returns the problem document; null if the body is not one.</summary>
    public static JsonNode? DocumentOf(byte[] body)
    {
        try
        {
            return StrictJson.Parse(body) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Of(JsonElement problem)
    {
        var text = new StringBuilder();
        text.Append(problem.GetProperty("detail").GetString()).Append(" (").Append(problem.GetProperty("code").GetString()).Append(')');
        if (!problem.TryGetProperty("errors", out var errors) || errors.EnumerateObject().Count() < 2)
            return text.ToString();
        foreach (var error in errors.EnumerateObject())
            foreach (var message in error.Value.EnumerateArray())
                text.Append("\n  ").Append(error.Name).Append(": ").Append(message.GetString());
        return text.ToString();
    }
}
