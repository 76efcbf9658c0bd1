using System.Text.Json;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Reads a <c>text/event-stream</c> as a browser does.</summary>
internal sealed class EventReading : IDisposable
{
    private readonly HttpResponseMessage response;
    private readonly StreamReader lines;

    private EventReading(HttpResponseMessage response, Stream stream)
    {
        this.response = response;
        lines = new StreamReader(stream);
    }

    public string? LastId { get; private set; }

    public int Comments { get; private set; }

    public string? Type => response.Content.Headers.ContentType?.ToString();

    public static async Task<EventReading> Open(HttpClient http, string path, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastEventId is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)response.StatusCode);
        return new EventReading(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next event; null at the stream's end.</summary>
    public async Task<(string Name, JsonElement Data)?> Next()
    {
        var name = "message";
        string? data = null;
        while (await lines.ReadLineAsync() is { } line)
        {
            if (line.Length == 0)
            {
                if (data is not null)
                    return (name, JsonDocument.Parse(data).RootElement);
                name = "message";
            }
            else if (line[0] == ':')
                Comments++;
            else if (line.StartsWith("id: ", StringComparison.Ordinal))
                LastId = line[4..];
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                data = line[6..];
        }

        return null;
    }

    public void Dispose()
    {
        lines.Dispose();
        response.Dispose();
    }
}
