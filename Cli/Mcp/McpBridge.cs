using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;

namespace OrleansTasks.Cli.Mcp;

/// <summary>
/// Passes the protocol's messages between lines of text and the gateway's <c>/mcp</c>. It reads only what the HTTP
/// headers must repeat, so it works with the tools of any gateway version.
/// </summary>
/// <param name="gateway">The gateway.</param>
/// <param name="output">Receives the messages for the MCP client, one per line.</param>
internal sealed class McpBridge(Gateway gateway, TextWriter output) : IDisposable
{
    private const int MostAtOnce = 64;
    // Error codes of JSON-RPC.
    private const int InternalError = -32603;
    private const int ParseError = -32700;

    /// <summary>How long open requests may still take after the MCP client has closed its end.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ConcurrentDictionary<string, CancellationTokenSource> open = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim turns = new(MostAtOnce);
    private readonly SemaphoreSlim writing = new(1);
    private string? revision;

    /// <summary>Passes messages on until the input ends.</summary>
    public async Task Run(TextReader input, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var under = new ConcurrentDictionary<Task, bool>();
        while (await input.ReadLineAsync(cancellation) is { } line)
        {
            if (line.Length == 0)
                continue;
            if (await Parse(line) is not { } message || TakesBack(message))
                continue;
            await turns.WaitAsync(cancellation);
            var passing = Pass(message, end.Token);
            under.TryAdd(passing, true);
            _ = passing.ContinueWith(done => under.TryRemove(done, out _), TaskScheduler.Default);
        }

        try
        {
            await Task.WhenAll(under.Keys).WaitAsync(Farewell, TimeProvider.System, cancellation);
        }
        catch (TimeoutException)
        {
            await end.CancelAsync();
            await Task.WhenAll(under.Keys);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        turns.Dispose();
        writing.Dispose();
    }

    private async Task<JsonObject?> Parse(string line)
    {
        try
        {
            if (JsonNode.Parse(line) is JsonObject message)
                return message;
        }
        catch (JsonException)
        {
            // Falls through to the error below.
        }

        await Write(Error(null, ParseError, "Each line must be one JSON-RPC message."));
        return null;
    }

    /// <summary>
    /// Cancels a request for a cancellation message, by closing its HTTP request. Returns false for any other message.
    /// </summary>
    private bool TakesBack(JsonObject message)
    {
        if (TextOf(message["method"]) != "notifications/cancelled")
            return false;
        if (message["params"]?["requestId"] is { } id && open.TryGetValue(id.ToJsonString(), out var request))
            _ = request.CancelAsync();
        return true;
    }

    private async Task Pass(JsonObject message, CancellationToken cancellation)
    {
        var id = message.ContainsKey("method") ? message["id"] : null;
        using var request = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // Register the request before the next line is read, which may cancel it.
        if (id is not null)
            open.TryAdd(id.ToJsonString(), request);
        await Task.Yield();
        try
        {
            var isAnswered = await Exchange(message, request.Token);
            if (!isAnswered && id is not null)
                await Write(Error(id, InternalError, "The connection to the gateway broke during the answer; the "
                    + "outcome of the request is unknown."));
        }
        catch (OperationCanceledException) when (request.IsCancellationRequested)
        {
            // The client cancelled the request and expects no answer.
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or RefusedException or JsonException)
        {
            var text = e is RefusedException ? e.Message : "The gateway cannot be reached, or the connection broke "
                + $"during its answer: {e.Message}";
            if (id is not null)
                await Write(Error(id, InternalError, text));
        }
        finally
        {
            if (id is not null)
                open.TryRemove(id.ToJsonString(), out _);
            turns.Release();
        }
    }

    /// <summary>Posts a message and passes the answers on. Returns false if no message answers the request.</summary>
    private async Task<bool> Exchange(JsonObject message, CancellationToken cancellation)
    {
        using var request = RequestOf(message);
        using var response = await gateway.SendAsIs(request, cancellation);
        var type = response.Content.Headers.ContentType?.MediaType;
        if (type == "text/event-stream")
        {
            var isAnswered = false;
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellation))
            {
                if (item.Data.Length > 0)
                    isAnswered |= await Take(message, item.Data);
            }

            return isAnswered;
        }

        var body = await response.Content.ReadAsByteArrayAsync(cancellation);
        // Pass on a refusal by the protocol's server. A refusal by the gateway itself is a problem document instead.
        if (type == "application/json" && body.Length > 0)
            return await Take(message, Encoding.UTF8.GetString(body));
        return response.IsSuccessStatusCode ? false : throw new RefusedException(ProblemText.Of((int)response.StatusCode, body));
    }

    /// <summary>Passes one of the gateway's messages on. Returns true if it answers a request.</summary>
    private async Task<bool> Take(JsonObject message, string text)
    {
        if (JsonNode.Parse(text) is not JsonObject answer)
            throw new JsonException("it is not a JSON-RPC message.");
        if (TextOf(message["method"]) == "initialize" && TextOf((answer["result"] as JsonObject)?["protocolVersion"]) is { } agreed)
            revision = agreed;
        await Write(answer);
        return !answer.ContainsKey("method");
    }

    private HttpRequestMessage RequestOf(JsonObject message)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/mcp")
        {
            Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(message))
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
            Headers = { Accept = { new("application/json"), new("text/event-stream") } },
        };
        var parameters = message["params"] as JsonObject;
        Add("MCP-Protocol-Version",
            TextOf((parameters?["_meta"] as JsonObject)?["io.modelcontextprotocol/protocolVersion"]) ?? revision);
        Add("Mcp-Method", TextOf(message["method"]));
        Add("Mcp-Name", TextOf(parameters?["name"]) ?? TextOf(parameters?["uri"]) ?? TextOf(parameters?["taskId"]));
        return request;

        void Add(string name, string? value)
        {
            if (value is not null)
                request.Headers.TryAddWithoutValidation(name, InHeader(value));
        }
    }

    // Encodes values that are not allowed in a header, as the protocol specifies.
    private static string InHeader(string value) =>
        value.Length > 0 && value == value.Trim() && !value.AsSpan().ContainsAnyExceptInRange(' ', '~')
            && !value.StartsWith("=?base64?", StringComparison.Ordinal)
            ? value
            : $"=?base64?{Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}?=";

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static JsonObject Error(JsonNode? id, int code, string text) => new()
    {
        ["jsonrpc"] = "2.0",
        ["id"] = id?.DeepClone(),
        ["error"] = new JsonObject { ["code"] = code, ["message"] = text },
    };

    private async Task Write(JsonObject message)
    {
        await writing.WaitAsync();
        try
        {
            await output.WriteLineAsync(message.ToJsonString(Readable));
            await output.FlushAsync();
        }
        finally
        {
            writing.Release();
        }
    }
}
