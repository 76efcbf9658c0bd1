using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansTasks.ApiClient.Json;

namespace OrleansTasks.ApiClient.Transport;

/// <summary>
/// Sends requests to the gateway and repeats them after temporary failures. Every refusal becomes an <see
/// cref="OrleansTasksException"/>.
/// </summary>
internal sealed class Gateway(HttpClient http, Uri? address, string? key, OrleansTasksClientOptions options)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(5);

    /// <summary>The clock.</summary>
    internal TimeProvider Time => options.Time;

    /// <summary>The maximum number of times in a row that a stream is opened again.</summary>
    internal int MaxRetries => options.MaxRetries;

    /// <summary>Gets a resource.</summary>
    internal Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        ReadAsync(HttpMethod.Get, path, null, null, Repeats.Always, type, cancellation);

    /// <summary>Posts a body under an idempotency key, so that the request can be repeated.</summary>
    internal Task<TAnswer> CreateAsync<TBody, TAnswer>(
        string path, TBody body, JsonTypeInfo<TBody> bodyType, string? idempotencyKey, JsonTypeInfo<TAnswer> type,
        CancellationToken cancellation) =>
        ReadAsync(
            HttpMethod.Post, path, JsonSerializer.SerializeToUtf8Bytes(body, bodyType), idempotencyKey ?? NewKey(),
            Repeats.Always, type, cancellation);

    /// <summary>Posts a request without a body.</summary>
    internal Task<T> PostAsync<T>(
        string path, JsonTypeInfo<T> type, CancellationToken cancellation, Repeats repeats = Repeats.IfRefused) =>
        ReadAsync(HttpMethod.Post, path, null, null, repeats, type, cancellation);

    /// <summary>Posts a request without a body under an idempotency key, so that it can be repeated.</summary>
    internal Task<T> TriggerAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        ReadAsync(HttpMethod.Post, path, null, NewKey(), Repeats.Always, type, cancellation);

    /// <summary>Puts a body.</summary>
    internal Task<TAnswer> PutAsync<TBody, TAnswer>(
        string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> type, CancellationToken cancellation) =>
        ReadAsync(
            HttpMethod.Put, path, JsonSerializer.SerializeToUtf8Bytes(body, bodyType), null, Repeats.Always, type, cancellation);

    /// <summary>Posts a question; repeating it changes nothing.</summary>
    internal Task<TAnswer> AskAsync<TBody, TAnswer>(
        string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> type,
        CancellationToken cancellation) =>
        ReadAsync(
            HttpMethod.Post, path, JsonSerializer.SerializeToUtf8Bytes(body, bodyType), null, Repeats.Always, type, cancellation);

    /// <summary>Puts the bytes of a stream from a position on.</summary>
    internal async Task StoreAsync(string path, Stream content, long start, CancellationToken cancellation)
    {
        using var answer = await SendAsync(
            () =>
            {
                var request = NewRequest(HttpMethod.Put, path);
                request.Content = new SeekableContent(content, start);
                return request;
            },
            Repeats.Always, cancellation).ConfigureAwait(false);
    }

    /// <summary>Deletes a resource.</summary>
    internal async Task DeleteAsync(string path, CancellationToken cancellation)
    {
        using var answer = await SendAsync(
            () => NewRequest(HttpMethod.Delete, path), Repeats.IfRefused, cancellation).ConfigureAwait(false);
    }

    /// <summary>How long an upload goes on while the service takes nothing; zero to try once.</summary>
    internal TimeSpan UploadPatience => options.MaxRetries > 0 ? options.UploadPatience : TimeSpan.Zero;

    /// <summary>Posts lines of an upload once. Returns how many items of the upload are on disk.</summary>
    internal async Task<long> UploadOnceAsync(string path, ReadOnlyMemory<byte> lines, CancellationToken cancellation)
    {
        var request = NewRequest(HttpMethod.Post, path);
        request.Content = new ReadOnlyMemoryContent(lines)
        { Headers = { ContentType = new MediaTypeHeaderValue("application/x-ndjson") } };
        using var answer = await SendOnceAsync(request, HttpCompletionOption.ResponseContentRead, cancellation)
            .ConfigureAwait(false);
        return (await ReadAsync(answer, ApiJson.Default.ItemsAccepted, cancellation).ConfigureAwait(false)).Accepted;
    }

    /// <summary>Opens a resource's bytes from an offset. Returns an empty stream if there are no more.</summary>
    internal async Task<Stream> OpenAsync(string path, long from, CancellationToken cancellation)
    {
        try
        {
            var answer = await SendAsync(
                () =>
                {
                    var request = NewRequest(HttpMethod.Get, path);
                    if (from > 0)
                        request.Headers.Range = new RangeHeaderValue(from, null);
                    return request;
                },
                Repeats.Always, cancellation).ConfigureAwait(false);
            return await answer.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        }
        catch (OrleansTasksException refusal) when (from > 0 && refusal.Status == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            return Stream.Null;
        }
    }

    /// <summary>
    /// Opens a stream of server-sent events after an event's id. The caller opens it again when it breaks.
    /// </summary>
    internal async Task<EventBytes> OpenEventsAsync(string path, string? lastEventId, CancellationToken cancellation)
    {
        var answer = await SendAsync(
            () =>
            {
                var request = NewRequest(HttpMethod.Get, path);
                request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
                if (lastEventId is not null)
                    request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
                return request;
            },
            Repeats.Never, cancellation).ConfigureAwait(false);
        return new EventBytes(await answer.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false));
    }

    /// <summary>Reads a list to its end, page by page.</summary>
    /// <param name="address">Returns the address of a page, without its limit and cursor.</param>
    /// <param name="pageSize">The number of items of a page.</param>
    /// <param name="type">The type of a page.</param>
    /// <param name="cancellation">Ends the reading.</param>
    internal async IAsyncEnumerable<T> ListAsync<T>(
        Func<Query> address, int pageSize, JsonTypeInfo<Page<T>> type, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? cursor = null;
        do
        {
            var path = address().Add("limit", pageSize).Add("cursor", cursor).ToString();
            var page = await GetAsync(path, type, cancellation).ConfigureAwait(false);
            foreach (var item in page.Items)
                yield return item;
            cursor = page.NextCursor;
        }
        while (cursor is { Length: > 0 });
    }

    /// <summary>Waits before a try.</summary>
    /// <param name="tries">The number of tries that failed, at least one.</param>
    /// <param name="retryAfter">The pause that the gateway asked for.</param>
    /// <param name="cancellation">Ends the wait.</param>
    internal Task PauseAsync(int tries, TimeSpan? retryAfter, CancellationToken cancellation)
    {
        if (retryAfter is not { } pause)
        {
            var most = Math.Min(LongestBackoff.TotalMilliseconds, FirstPause.TotalMilliseconds * Math.Pow(2, tries - 1));
            pause = TimeSpan.FromMilliseconds(most * (0.5 + (Random.Shared.NextDouble() / 2)));
        }

        return Task.Delay(pause, options.Time, cancellation);
    }

    /// <summary>Whether a failure may pass by itself.</summary>
    internal static bool IsPassing(Exception failure) => failure switch
    {
        OrleansTasksException refusal => refusal.Status is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout || refusal.Code == "in-flight",
        HttpRequestException or IOException => true,
        // The time limit of the HttpClient.
        TaskCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };

    private async Task<T> ReadAsync<T>(
        HttpMethod method, string path, byte[]? body, string? idempotencyKey, Repeats repeats, JsonTypeInfo<T> type,
        CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                using var answer = await SendOnceAsync(
                    NewRequest(method, path, body, idempotencyKey), HttpCompletionOption.ResponseContentRead, cancellation)
                    .ConfigureAwait(false);
                return await ReadAsync(answer, type, cancellation).ConfigureAwait(false);
            }
            catch (Exception failure) when (MayRepeat(failure, repeats, tries))
            {
                await PauseAsync(tries, (failure as OrleansTasksException)?.RetryAfter, cancellation).ConfigureAwait(false);
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(
        Func<HttpRequestMessage> request, Repeats repeats, CancellationToken cancellation)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await SendOnceAsync(request(), HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            }
            catch (Exception failure) when (MayRepeat(failure, repeats, tries))
            {
                await PauseAsync(tries, (failure as OrleansTasksException)?.RetryAfter, cancellation).ConfigureAwait(false);
            }
        }
    }

    private bool MayRepeat(Exception failure, Repeats repeats, int tries)
    {
        if (repeats == Repeats.Never || tries > options.MaxRetries || !IsPassing(failure))
            return false;
        if (failure is OrleansTasksException { RetryAfter: { } pause } && pause > options.LongestRetryAfter)
            return false;
        return repeats == Repeats.Always || failure is OrleansTasksException
        { Status: HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable };
    }

    private async Task<HttpResponseMessage> SendOnceAsync(
        HttpRequestMessage request, HttpCompletionOption completion, CancellationToken cancellation)
    {
        using (request)
        {
            var answer = await http.SendAsync(request, completion, cancellation).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
                return answer;
            using (answer)
            {
                var body = await answer.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false);
                throw OrleansTasksException.Of(answer, body, options.Time.GetUtcNow());
            }
        }
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        try
        {
            var body = await answer.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
                return await JsonSerializer.DeserializeAsync(body, type, cancellation).ConfigureAwait(false)
                    ?? throw new JsonException("The answer is null.");
        }
        catch (JsonException fault)
        {
            throw new OrleansTasksException(
                answer.StatusCode,
                $"{answer.RequestMessage?.RequestUri} answers, but not with the JSON of an OrleansTasks gateway: {fault.Message}", fault);
        }
    }

    private HttpRequestMessage NewRequest(HttpMethod method, string path, byte[]? body = null, string? idempotencyKey = null)
    {
        var request = new HttpRequestMessage(method, address is null ? new Uri(path, UriKind.Relative) : new Uri(address, path));
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        Add("Otask-Reason", options.Reason);
        Add("Otask-Actor", options.Actor);
        Add("Idempotency-Key", idempotencyKey);
        if (body is not null)
            request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return request;

        void Add(string name, string? value)
        {
            if (value is not null)
                request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    private static string NewKey() => Guid.NewGuid().ToString("N");
}
