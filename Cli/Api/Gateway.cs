using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Output;
using EventBytes = OrleansTasks.ApiClient.Transport.EventBytes;

namespace OrleansTasks.Cli.Api;

/// <summary>
/// Calls the gateway's HTTP API. All methods throw <see cref="RefusedException"/> if the gateway refuses, and
/// <see cref="HttpRequestException"/> or <see cref="IOException"/> if it cannot be reached.
/// </summary>
internal sealed class Gateway : IDisposable
{
    private const long LargestAnswer = 64 << 20;

    private readonly HttpClient client;
    private readonly CancellationToken unread;

    /// <summary>
    /// Creates a client for the gateway at an address; <paramref name="key"/> is null to call without a key. The reason
    /// and the actor, if any, are sent with every request; the gateway records them with changes.
    /// </summary>
    /// <param name="url">The address.</param>
    /// <param name="key">The key; null for none.</param>
    /// <param name="reason">The reason for changes; null for none.</param>
    /// <param name="actor">Who makes them; null if unknown.</param>
    /// <param name="unread">
    /// Cancelled when nobody reads standard output any more. A change that has begun is completed nevertheless; otherwise
    /// its outcome would be unknown.
    /// </param>
    public Gateway(
        Uri url, string? key, string? reason = null, string? actor = null, CancellationToken unread = default)
    {
        this.unread = unread;
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        };
        client = new HttpClient(handler)
        {
            BaseAddress = url,
            // Waits and followed logs take long, so the client has no timeout. The gateway limits each wait.
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (key is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (reason is not null)
            client.DefaultRequestHeaders.TryAddWithoutValidation("Otask-Reason", reason);
        if (actor is not null)
            client.DefaultRequestHeaders.TryAddWithoutValidation("Otask-Actor", actor);
    }

    /// <summary>The gateway's address.</summary>
    public Uri Address => client.BaseAddress!;

    /// <summary>Returns the address of a page in the console.</summary>
    public Uri PageOf(string path) => new(client.BaseAddress!, path);

    /// <summary>Gets a resource.</summary>
    public Task<JsonNode> Get(string path, CancellationToken cancellation) =>
        Json(new HttpRequestMessage(HttpMethod.Get, path), cancellation);

    /// <summary>Posts a JSON body; null for none.</summary>
    public Task<JsonNode> Post(string path, JsonNode? body, string? idempotencyKey, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (body is not null)
            request.Content = ContentOf(body);
        if (idempotencyKey is not null)
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        return Whole(stop => Json(request, stop), cancellation);
    }

    /// <summary>Puts a JSON body.</summary>
    public Task<JsonNode> Put(string path, JsonNode body, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = ContentOf(body) };
        return Whole(stop => Json(request, stop), cancellation);
    }

    /// <summary>
    /// Throws <see cref="RefusedException"/> if the key may not read. A command that waits for what it submits calls
    /// this first. If the gateway does not have the call, the key counts as one that may read.
    /// </summary>
    /// <param name="cancellation">Ends the call.</param>
    /// <param name="orRun">Whether the scope <c>run</c> suffices, which reads what it starts.</param>
    public async Task RequireRead(CancellationToken cancellation, bool orRun = false)
    {
        if (client.DefaultRequestHeaders.Authorization is null)
            return;
        JsonNode session;
        try
        {
            session = await Get("/api/v1/session", cancellation);
        }
        catch (RefusedException refusal) when (refusal.Status == 404)
        {
            return;
        }

        if (session["scopes"] is JsonArray scopes
            && !scopes.Any(scope => JsonText.Text(scope) is "read" || (orRun && JsonText.Text(scope) is "run")))
        {
            throw new RefusedException("Nothing was submitted: this key lacks the scope read, which waiting for the "
                + $"end needs. Submit without waiting (otask {(orRun ? "definition run" : "submit")}), or use a key "
                + "with the scopes read and submit.");
        }
    }

    /// <summary>Deletes a resource.</summary>
    public Task Delete(string path, CancellationToken cancellation) => Whole(
        async stop =>
        {
            using var response = await Send(new HttpRequestMessage(HttpMethod.Delete, path), stop);
            return response.StatusCode == HttpStatusCode.NoContent
                ? true
                : throw Answer.Unexpected("to a deletion has a body");
        },
        cancellation);

    /// <summary>Posts a body of any media type.</summary>
    public Task<JsonNode> PostContent(
        string path, HttpContent content, CancellationToken cancellation, IEnumerable<(string Name, string Value)>? headers = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        foreach (var (name, value) in headers ?? [])
            request.Headers.TryAddWithoutValidation(name, value);
        return Whole(stop => Json(request, stop), cancellation);
    }

    /// <summary>Puts a body of any media type.</summary>
    public Task<JsonNode> PutContent(string path, HttpContent content, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = content };
        return Whole(stop => Json(request, stop), cancellation);
    }

    /// <summary>
    /// Sends any request and copies the answer. Returns false if the gateway refuses; the answer is then the problem
    /// document, with a newline at its end.
    /// </summary>
    public Task<bool> Forward(
        HttpMethod method, string path, HttpContent? content, Stream destination, CancellationToken cancellation) =>
        method == HttpMethod.Get ? Copied(method, path, content, destination, cancellation)
        : Whole(stop => Copied(method, path, content, destination, stop), cancellation);

    private async Task<bool> Copied(
        HttpMethod method, string path, HttpContent? content, Stream destination, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var response = await Begin(request, cancellation);
        if (response.IsSuccessStatusCode)
        {
            await response.Content.CopyToAsync(destination, cancellation);
            return true;
        }

        var problem = await BodyOf(response, cancellation);
        await destination.WriteAsync(problem, cancellation);
        if (problem is [.., not (byte)'\n'])
            await destination.WriteAsync("\n"u8.ToArray(), cancellation);
        return false;
    }

    /// <summary>
    /// Sends a request. Returns the answer, whatever its status, as soon as its headers have arrived.
    /// </summary>
    public Task<HttpResponseMessage> SendAsIs(HttpRequestMessage request, CancellationToken cancellation) =>
        Begin(request, cancellation);

    /// <summary>Gets a resource and returns the answer's status and date, and the detail of a refusal.</summary>
    public async Task<(int Status, DateTimeOffset? Date, string? Detail)> Probe(
        string path, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        using var response = await Begin(request, cancellation);
        var detail = response.IsSuccessStatusCode
            ? null : ProblemText.DocumentOf(await BodyOf(response, cancellation))?.Field("detail");
        return ((int)response.StatusCode, response.Headers.Date, detail is "" ? null : detail);
    }

    /// <summary>Copies a resource's bytes to a stream.</summary>
    public async Task Copy(string path, Stream destination, CancellationToken cancellation, Action<long>? begins = null)
    {
        using var response = await Send(new HttpRequestMessage(HttpMethod.Get, path), cancellation);
        begins?.Invoke(response.Content.Headers.ContentLength ?? 0);
        await response.Content.CopyToAsync(destination, cancellation);
    }

    /// <summary>Opens a resource's bytes from an offset; an empty stream if there are no more.</summary>
    public async Task<Stream> Bytes(string path, long from, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (from > 0)
            request.Headers.Range = new RangeHeaderValue(from, null);
        if (ShortId.In(path) is { } shortId)
            request.RequestUri = new Uri(await Complete(shortId, cancellation), UriKind.Relative);
        var response = await Begin(request, cancellation);
        if (from > 0 && response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            response.Dispose();
            return Stream.Null;
        }

        return await (await Accepted(response, cancellation)).Content.ReadAsStreamAsync(cancellation);
    }

    /// <summary>Opens an event stream; with an event id, after that event.</summary>
    public async Task<EventBytes> Events(string path, string? lastEventId, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (lastEventId is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        var response = await Send(request, cancellation);
        return new EventBytes(await response.Content.ReadAsStreamAsync(cancellation));
    }

    /// <summary>
    /// Reads an answer whole. Throws <see cref="RefusedException"/> if it is larger than any of a gateway, whose largest is a
    /// workflow of 16 MiB with the states of its nodes.
    /// </summary>
    public static async Task<byte[]> BodyOf(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(LargestAnswer, cancellation);
        }
        catch (HttpRequestException fault) when (fault.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw Answer.Unexpected($"has more than {LargestAnswer >> 20} MiB");
        }

        return await response.Content.ReadAsByteArrayAsync(cancellation);
    }

    /// <inheritdoc />
    public void Dispose() => client.Dispose();

    private async Task<T> Whole<T>(Func<CancellationToken, Task<T>> change, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var interrupted = new CancellationTokenSource();
        await using var watch = cancellation.Register(() =>
        {
            if (!unread.IsCancellationRequested)
                interrupted.Cancel();
        });
        return await change(interrupted.Token);
    }

    /// <summary>Sends a request; returns the answer as soon as its headers have arrived.</summary>
    private async Task<HttpResponseMessage> Begin(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (UriFormatException fault)
        {
            throw new OutOfReachException("the gateway's address redirects to one that is not valid. Is --url right?", fault);
        }
    }

    private static ByteArrayContent ContentOf(JsonNode body) => new(JsonSerializer.SerializeToUtf8Bytes(body))
    {
        Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
    };

    private async Task<JsonNode> Json(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var response = await Send(request, cancellation);
        return Answer.Parse(await BodyOf(response, cancellation));
    }

    private async Task<HttpResponseMessage> Send(HttpRequestMessage request, CancellationToken cancellation)
    {
        if (ShortId.In(request.RequestUri!.OriginalString) is { } shortId)
            request.RequestUri = new Uri(await Complete(shortId, cancellation), UriKind.Relative);
        var task = ShortId.TaskIn(request.RequestUri.OriginalString);
        try
        {
            return await Accepted(
                await Begin(request, cancellation), cancellation);
        }
        catch (RefusedException refusal) when (refusal.Status == 404 && task is not null)
        {
            foreach (var type in ShortId.OtherTypes)
            {
                if ((await Probe($"/api/v1/{type}s/{task}", cancellation)).Status == 200)
                    throw new RefusedException(ShortId.Advice(type, task), refusal.Status, refusal.Document);
            }

            throw;
        }
    }

    /// <summary>
    /// Completes a shortened id in a path. Throws <see cref="RefusedException"/> unless exactly one id begins with it.
    /// </summary>
    private async Task<string> Complete(ShortId shortId, CancellationToken cancellation)
    {
        var found = await Search(shortId.Type);
        // An id that the search did not reach could also match.
        if (found.Field("complete") == "false")
            throw new RefusedException($"The search for ids that begin with '{shortId.Text}' took longer than 10s; give the full id.");
        string[] ids = [.. IdsIn(found, shortId.Type)];
        foreach (var type in shortId.Type == "task" && ids.Length == 0 ? ShortId.OtherTypes : [])
        {
            if (IdsIn(await Search(type), type).FirstOrDefault() is { } other)
                throw new RefusedException(ShortId.Advice(type, other));
        }

        return shortId.Complete(ids);

        Task<JsonNode> Search(string type)
        {
            var search = new RequestAddress("/api/v1/search")
                .Add("q", shortId.Text).Add("type", type).Add("wait", "10s");
            return Json(new HttpRequestMessage(HttpMethod.Get, search.ToString()), cancellation);
        }

        IEnumerable<string> IdsIn(JsonNode answer, string type) => answer.Items()
            .Where(item => item.Field("type") == type).Select(static item => item.Field("id"))
            .Where(id => id.StartsWith(shortId.Text, StringComparison.Ordinal));
    }

    private static async Task<HttpResponseMessage> Accepted(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
        {
            var body = await BodyOf(response, cancellation);
            throw new RefusedException(
                ProblemText.Of((int)response.StatusCode, body), (int)response.StatusCode, ProblemText.DocumentOf(body));
        }
    }
}
