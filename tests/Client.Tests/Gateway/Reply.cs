using System.Text.Json;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>A response, read whole.</summary>
internal sealed record Reply(int Status, string? Type, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => System.Text.Encoding.UTF8.GetString(Body);

    // A value may have 64 levels, and an answer has some around it.
    public JsonElement Json => JsonDocument.Parse(Body, new JsonDocumentOptions { MaxDepth = 128 }).RootElement;

    public string? Code => Json.GetProperty("code").GetString();

    public static async Task<Reply> Read(HttpResponseMessage response)
    {
        var headers = response.Headers.Concat(response.Content.Headers)
            .ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        return new Reply(
            (int)response.StatusCode, response.Content.Headers.ContentType?.ToString(), headers, await response.Content.ReadAsByteArrayAsync());
    }

    /// <summary>Checks that this is the problem, complete in form, that the contract promises.</summary>
    public JsonElement Problem(int status, string code)
    {
        Assert.True(status == Status, $"expected {status} {code}, got {Status}: {Text}");
        Assert.Equal("application/problem+json", Type);
        var json = Json;
        Assert.Equal(code, json.GetProperty("code").GetString());
        Assert.Equal(status, json.GetProperty("status").GetInt32());
        Assert.EndsWith(code, json.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.NotEmpty(json.GetProperty("title").GetString()!);
        Assert.NotEmpty(json.GetProperty("detail").GetString()!);
        Assert.StartsWith("/", json.GetProperty("instance").GetString(), StringComparison.Ordinal);
        Assert.Matches("^[0-9a-f]{32}$", json.GetProperty("traceId").GetString());
        Assert.DoesNotContain(".cs", Text, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Text, StringComparison.Ordinal);
        return json;
    }
}
