using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using EventBytes = OrleansTasks.ApiClient.Transport.EventBytes;

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

    /// <summary>How long open requests may still take after the MCP client has closed its end.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ConcurrentDictionary<string, OpenRequest> open = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim turns = new(MostAtOnce);
    private readonly SemaphoreSlim writing = new(1);
    private string? revision;

    /// <summary>Passes messages on until the input ends.</summary>
    public async Task Run(Stream input, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var under = new ConcurrentDictionary<Task, bool>();
        await foreach (var line in Lines(input, cancellation))
        {
            var (message, fault) = McpMessage.Read(line);
            if (message is null)
            {
                if (fault is not null)
                    await Write(fault);
                continue;
            }

            if (TakesBack(message.Body))
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

    // Lines end with a line feed alone: a carriage return is white space in JSON.
    private static async IAsyncEnumerable<byte[]> Lines(
        Stream input, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var reader = PipeReader.Create(input);
        while (true)
        {
            // A read of standard input cannot be cancelled, only left.
            var read = await reader.ReadAsync(cancellation).AsTask().WaitAsync(cancellation);
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                yield return rest.Slice(0, end).ToArray();
                rest = rest.Slice(rest.GetPosition(1, end));
            }

            if (read.IsCompleted)
            {
                yield return rest.ToArray();
                yield break;
            }

            reader.AdvanceTo(rest.Start, rest.End);
        }
    }

    /// <summary>
    /// Cancels a request for a cancellation message, by closing its HTTP request. Returns false for any other message.
    /// </summary>
    private bool TakesBack(JsonObject message)
    {
        if (McpMessage.TextOf(message["method"]) != "notifications/cancelled")
            return false;
        // A notification gets no answer, not even one that says that it is wrong.
        if ((message["params"] as JsonObject)?["requestId"] is { } id
            && open.TryGetValue(id.ToJsonString(), out var request))
            request.Cancel();
        return true;
    }

    private async Task Pass(McpMessage message, CancellationToken cancellation)
    {
        var id = message.Body.ContainsKey("method") ? message.Body["id"] : null;
        using var request = new OpenRequest(cancellation);
        // Register the request before the next line is read, which may cancel it.
        if (id is not null)
            open.TryAdd(id.ToJsonString(), request);
        await Task.Yield();
        try
        {
            var isAnswered = await Exchange(message, request.Token);
            if (!isAnswered && id is not null)
                await Write(McpMessage.Error(id, McpMessage.InternalError, "The connection to the gateway broke during the answer; the "
                    + "outcome of the request is unknown."));
        }
        catch (OperationCanceledException) when (request.IsCancellationRequested)
        {
            // The client cancelled the request and expects no answer.
        }
        catch (Exception e) when (
            e is HttpRequestException or IOException or OperationCanceledException or RefusedException or JsonException
            or InvalidOperationException)
        {
            var text = e is RefusedException ? e.Message : "The gateway cannot be reached, or the connection broke "
                + $"during its answer: {e.Message}";
            if (id is not null)
                await Write(McpMessage.Error(id, McpMessage.InternalError, text));
        }
        finally
        {
            if (id is not null)
                open.TryRemove(id.ToJsonString(), out _);
            turns.Release();
        }
    }

    /// <summary>Posts a message and passes the answers on. Returns false if no message answers the request.</summary>
    private async Task<bool> Exchange(McpMessage message, CancellationToken cancellation)
    {
        using var request = RequestOf(message);
        using var response = await gateway.SendAsIs(request, cancellation);
        var type = response.Content.Headers.ContentType?.MediaType;
        if (type == "text/event-stream")
        {
            var isAnswered = false;
            await using var stream = new EventBytes(await response.Content.ReadAsStreamAsync(cancellation));
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellation))
            {
                if (item.Data.Length > 0)
                    isAnswered |= await Take(message.Body, item.Data);
            }

            return isAnswered;
        }

        var body = await Gateway.BodyOf(response, cancellation);
        // Pass on a refusal by the protocol's server. A refusal by the gateway itself is a problem document instead.
        if (type == "application/json" && body.Length > 0)
            return await Take(message.Body, Encoding.UTF8.GetString(body));
        return response.IsSuccessStatusCode ? false : throw new RefusedException(ProblemText.Of((int)response.StatusCode, body));
    }

    /// <summary>Passes one of the gateway's messages on. Returns true if it answers a request.</summary>
    private async Task<bool> Take(JsonObject message, string text)
    {
        if (StrictJson.Parse(text) is not JsonObject answer)
            throw new JsonException("it is not a JSON-RPC message.");
        if (McpMessage.TextOf(message["method"]) == "initialize"
            && McpMessage.TextOf((answer["result"] as JsonObject)?["protocolVersion"]) is { } agreed)
            revision = agreed;
        await Write(answer);
        return !answer.ContainsKey("method");
    }

    private HttpRequestMessage RequestOf(McpMessage message)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/mcp")
        {
            Content = new ByteArrayContent(message.Line)
            {
                Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
            },
            Headers = { Accept = { new("application/json"), new("text/event-stream") } },
        };
        var parameters = message.Body["params"] as JsonObject;
        Add("MCP-Protocol-Version",
            McpMessage.TextOf((parameters?["_meta"] as JsonObject)?["io.modelcontextprotocol/protocolVersion"])
                ?? revision);
        Add("Mcp-Method", McpMessage.TextOf(message.Body["method"]));
        Add("Mcp-Name", McpMessage.TextOf(parameters?["name"]) ?? McpMessage.TextOf(parameters?["uri"]) ?? McpMessage.TextOf(parameters?["taskId"]));
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

    /// <summary>A request that the MCP client can cancel until it has been answered.</summary>
    private sealed class OpenRequest(CancellationToken cancellation) : IDisposable
    {
        private readonly CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(cancellation);

        public CancellationToken Token => source.Token;

        public bool IsCancellationRequested => source.IsCancellationRequested;

        public void Cancel()
        {
            try
            {
                _ = source.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // The answer came first.
            }
        }

        public void Dispose() => source.Dispose();
    }
}
