using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OrleansTasks.System.Tests.Running;

namespace OrleansTasks.System.Tests.Lifecycle;

/// <summary>
/// Callers that ask for every answer and read none, and that send every body except its last byte. Their connections stay
/// open until this is disposed.
/// </summary>
internal sealed partial class SlowPeers(Service service) : IDisposable
{
    private const int Megabyte = 1 << 20;
    private const int SmallBody = Megabyte - 1;
    private const int LargeBody = (16 * Megabyte) - 1;
    private static readonly string[] LargeCalls = ["/api/v1/tasks/batch", "/api/v1/workflows"];

    // Calls answer only what is wrong without these.
    private static readonly Dictionary<string, string> Needed = new(StringComparer.Ordinal)
    {
        ["/api/v1/search"] = "q=a", ["/api/v1/series"] = "names=queue.depth", ["/api/v1/output/search"] = "q=a", ["/api/v1/logs/search"] = "q=a",
    };

    private readonly List<TcpClient> connections = [];
    private readonly List<RawHttp2> speakers = [];
    private readonly Dictionary<string, string> ids = new(StringComparer.Ordinal) { ["attempts"] = "1", ["queues"] = "default" };

    /// <summary>Reads the published contract.</summary>
    public async Task<(string Method, string Path, bool HasBody, string[] Query)[]> Calls()
    {
        var document = JsonNode.Parse(await service.Http.GetStringAsync("/openapi/v1.json"))!;
        return
        [
            .. document["paths"]!.AsObject().SelectMany(static path => path.Value!.AsObject().Select(operation => (
                operation.Key.ToUpperInvariant(), path.Key, operation.Value!["requestBody"] is not null,
                (operation.Value["parameters"]?.AsArray() ?? []).Where(static one => (string?)one!["in"] == "query")
                    .Select(static one => (string)one!["name"]!).ToArray()))),
        ];
    }

    /// <summary>Stores something large of each kind, so many that a list has more than a small service can hold.</summary>
    public async Task Fill()
    {
        var argument = new string('x', 130_000);
        JsonObject Task() => new()
        {
            ["argv"] = new JsonArray(["true", .. Enumerable.Repeat(argument, 7).Select(static one => JsonValue.Create(one))]),
            ["queue"] = "large", ["runAt"] = "2199-01-01T00:00:00Z",
        };
        await Stored("queues", await service.Http.PutAsync("/api/v1/queues/large", Json(new JsonObject { ["paused"] = true })));
        ids["queues"] = "large";
        for (var i = 0; i < 80; i++)
            await Stored("tasks", await service.Post("/api/v1/tasks", Task()));
        for (var i = 0; i < 40; i++)
        {
            JsonObject Body(string name, JsonNode value) => new() { [name] = value };
            var task = Task();
            task.Remove("runAt");
            await Stored("rollouts", await service.Post("/api/v1/rollouts", Body("task", task.DeepClone())));
            var schedule = Body("task", task.DeepClone());
            schedule["every"] = "366d";
            await Stored("schedules", await service.Post("/api/v1/schedules", schedule));
        }

        var items = new JsonArray([.. Enumerable.Range(0, 7).Select(_ => JsonValue.Create(argument))]);
        await Stored("jobs", await service.Post("/api/v1/jobs", new JsonObject
        {
            ["queue"] = "large", ["source"] = new JsonObject { ["items"] = items }, ["process"] = new JsonObject { ["builtin"] = "identity" },
            ["aggregate"] = new JsonArray(new JsonObject { ["as"] = "all", ["op"] = "collect" }),
        }));
        await Stored("workflows", await service.Post("/api/v1/workflows", new JsonObject
        {
            ["queue"] = "large", ["nodes"] = new JsonArray(new JsonObject { ["name"] = "a", ["task"] = new JsonObject { ["cmd"] = "true" } }),
        }));
    }

    /// <summary>Asks for an answer over several connections and reads nothing of it.</summary>
    public async Task ReadNothing(int times, string path, string[] query)
    {
        var target = Fill(path);
        string[] asked = [.. Needed.TryGetValue(path, out var needed) ? [needed] : (string[])[], .. query.Contains("limit") ? ["limit=1000"] : (string[])[]];
        if (asked.Length > 0)
            target += "?" + string.Join('&', asked);
        for (var i = 0; i < times; i++)
            await Open($"GET {target} HTTP/1.1\r\nHost: {service.Url.Authority}\r\n\r\n");
    }

    /// <summary>Makes a call over several connections and reads nothing of the answers.</summary>
    /// <param name="times">The number of connections.</param>
    /// <param name="call">The call below the API's root, with the kind in place of an id, such as <c>tasks/{tasks}</c>.</param>
    public async Task Ask(int times, string call)
    {
        foreach (var (kind, id) in ids)
            call = call.Replace($"{{{kind}}}", id, StringComparison.Ordinal);
        for (var i = 0; i < times; i++)
            await Open($"GET /api/v1/{call} HTTP/1.1\r\nHost: {service.Url.Authority}\r\n\r\n");
    }

    /// <summary>The same by HTTP/2, on as few connections as the streams need.</summary>
    public async Task AskByHttp2(int times, string call)
    {
        for (var i = 0; i < times; i++)
        {
            if (i % ServiceLimits.Http2Streams == 0)
                speakers.Add(await RawHttp2.Connect(service.Url, SslApplicationProtocol.Http2));
            await speakers[^1].Ask($"/api/v1/{call}");
        }
    }

    /// <summary>
    /// Waits until every stream of <see cref="AskByHttp2"/> has begun an answer; reads no byte of a body.
    /// </summary>
    public async Task AwaitAnswers()
    {
        foreach (var speaker in speakers)
            await speaker.ReadAnswers();
    }

    /// <summary>Runs a job with as many failures as a job keeps, each with as many characters as it keeps.</summary>
    public async Task FailLargely()
    {
        var items = new JsonArray([.. Enumerable.Range(0, 3_000).Select(static no => JsonValue.Create($"{no} is no number {new string('x', 256)}"))]);
        await Stored("jobs", await service.Post("/api/v1/jobs", new JsonObject
        {
            ["source"] = new JsonObject { ["items"] = items }, ["process"] = new JsonObject { ["builtin"] = "square" },
            ["onItemError"] = "skip", ["chunkSize"] = 100,
        }));
        using var ended = await service.Http.GetAsync($"/api/v1/jobs/{ids["jobs"]}?wait=60s");
        var job = JsonNode.Parse(await ended.Content.ReadAsStringAsync())!;
        Assert.True((string)job["state"]! == "succeeded", job.ToJsonString());
    }

    /// <summary>Asks a tool for the largest task and reads nothing of the answer.</summary>
    public async Task ReadNothingOfTool()
    {
        var message = new JsonObject
        {
            ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = "tools/call",
            ["params"] = new JsonObject { ["name"] = "get_task", ["arguments"] = new JsonObject { ["id"] = ids["tasks"] } },
        }.ToJsonString();
        await Open($"POST /mcp HTTP/1.1\r\nHost: {service.Url.Authority}\r\nContent-Type: application/json\r\n"
            + $"Accept: application/json, text/event-stream\r\nContent-Length: {message.Length}\r\n\r\n{message}");
    }

    /// <summary>Sends a body of the largest size over several connections, except for its last byte.</summary>
    public async Task SendAlmostAll(int times, string method, string path)
    {
        var size = LargeCalls.Contains(path) ? LargeBody : SmallBody;
        for (var i = 0; i < times; i++)
        {
            var stream = await Open($"{method} {Fill(path)} HTTP/1.1\r\nHost: {service.Url.Authority}\r\n"
                + $"Content-Type: application/json\r\nContent-Length: {size}\r\n\r\n");
            // Goes on until the service reads no more, or closes the connection.
            _ = Send(stream, size - 1);
        }
    }

    public void Dispose()
    {
        foreach (var connection in connections)
            connection.Dispose();
        foreach (var speaker in speakers)
            speaker.Dispose();
    }

    private static async Task Send(NetworkStream stream, int bytes)
    {
        var spaces = Encoding.ASCII.GetBytes(new string(' ', 64 * 1024));
        try
        {
            for (; bytes > 0; bytes -= spaces.Length)
                await stream.WriteAsync(spaces.AsMemory(0, Math.Min(bytes, spaces.Length)));
        }
        catch (Exception fault) when (fault is IOException or ObjectDisposedException)
        {
            // The other side, or the test, has had enough.
        }
    }

    private static StringContent Json(JsonNode body) => new(body.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));

    private async Task Stored(string kind, HttpResponseMessage answer)
    {
        using (answer)
        {
            Assert.True(answer.IsSuccessStatusCode, $"{kind}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            if (kind != "queues")
                ids[kind] = (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["id"]!;
        }
    }

    // The segment before a placeholder says of which kind it is.
    private string Fill(string path) => Placeholder().Replace(
        path, place => $"/{place.Groups[1].Value}/{ids.GetValueOrDefault(place.Groups[1].Value, "none")}");

    private async Task<NetworkStream> Open(string head)
    {
        var connection = new TcpClient { ReceiveBufferSize = 4096 };
        connections.Add(connection);
        await connection.ConnectAsync(IPAddress.Parse(service.Url.Host), service.Url.Port);
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
        return connection.GetStream();
    }

    [GeneratedRegex("/([a-z]+)/\\{[^}]+\\}")]
    private static partial Regex Placeholder();
}
