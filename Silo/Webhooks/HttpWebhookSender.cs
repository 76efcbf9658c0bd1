using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Silo.Webhooks;

/// <summary>
/// Sends deliveries over HTTP and HTTPS, without redirects, cookies or the environment's proxy. Every connection is
/// made to an address that <see cref="TargetRule"/> has allowed: the name is resolved here, and the checked address is
/// the one that is used. A receiver that speaks HTTP/1.0 may close the connection after any answer, so each delivery to
/// it gets its own connection. If a receiver breaks a reused connection, the delivery is sent once more at once. Like
/// any repeated try, it may arrive twice with the same id.
/// </summary>
public sealed class HttpWebhookSender : IWebhookSender, IDisposable
{
    /// <summary>How long to wait for the beginning of a body. Only the status decides.</summary>
    private static readonly TimeSpan BodyTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan IdleConnection = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long a busy connection is reused before the name is resolved again, because it may have a new address.
    /// </summary>
    private static readonly TimeSpan OldestConnection = TimeSpan.FromMinutes(2);

    /// <summary>The maximum number of remembered HTTP/1.0 receivers. Others are detected again each time.</summary>
    private const int MostOld = 10_000;

    // Marks a request for which a new connection was made, so it did not fail on a reused one.
    private static readonly HttpRequestOptionsKey<bool> HasConnected = new("connected");
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly TargetRule rule;
    private readonly TargetConnections connections;
    private readonly TimeProvider time;
    private readonly HttpMessageInvoker keeping;
    private readonly HttpMessageInvoker closing;

    // The receivers that speak HTTP/1.0, by host and port.
    private readonly ConcurrentDictionary<string, bool> old = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Creates a sender.</summary>
    /// <param name="rule">Decides which addresses are allowed.</param>
    /// <param name="resolve">Resolves a name; null for the system's resolver.</param>
    /// <param name="time">The clock that bounds waits; null for the system's clock.</param>
    public HttpWebhookSender(
        TargetRule rule, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null, TimeProvider? time = null)
    {
        this.rule = rule;
        this.time = time ?? TimeProvider.System;
        connections = new TargetConnections(rule, resolve, time);
        keeping = Invoker(OldestConnection);
        closing = Invoker(TimeSpan.Zero);
    }

    /// <inheritdoc/>
    public string? RefusalOf(Uri url) => rule.RefusalOf(url);

    /// <inheritdoc/>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever a target does is a failed try.")]
    public async Task<WebhookAnswer> Send(WebhookRequest request, CancellationToken cancellation)
    {
        try
        {
            return await TrySend(request, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception fault)
        {
            return new WebhookAnswer(null, TargetConnections.FaultOf(fault));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        keeping.Dispose();
        closing.Dispose();
    }

    private async Task<WebhookAnswer> TrySend(WebhookRequest request, CancellationToken cancellation)
    {
        if (old.ContainsKey(request.Url.Authority))
            return await SendBy(closing, MessageOf(request), cancellation).ConfigureAwait(false);
        var first = MessageOf(request);
        try
        {
            return await SendBy(keeping, first, cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException fault) when (IsBroken(fault) && !first.Options.TryGetValue(HasConnected, out _))
        {
            return await SendBy(closing, MessageOf(request), cancellation).ConfigureAwait(false);
        }
    }

    private static bool IsBroken(HttpRequestException fault) =>
        fault.HttpRequestError == HttpRequestError.ResponseEnded || fault.InnerException is IOException;

    private static HttpRequestMessage MessageOf(WebhookRequest request)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, request.Url) { Content = new ReadOnlyMemoryContent(request.Body) };
        message.Content.Headers.ContentType = Json;
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue("OrleansTasks", null));
        message.Headers.Add("webhook-id", request.Message);
        message.Headers.Add("webhook-timestamp", request.Timestamp.ToString(CultureInfo.InvariantCulture));
        if (request.Signature.Length > 0)
            message.Headers.Add("webhook-signature", request.Signature);
        return message;
    }

    private async Task<WebhookAnswer> SendBy(HttpMessageInvoker client, HttpRequestMessage message, CancellationToken cancellation)
    {
        using (message)
        {
            using var response = await client.SendAsync(message, cancellation).ConfigureAwait(false);
            Note(message.RequestUri!.Authority, response.Version);
            return new WebhookAnswer((int)response.StatusCode, await Beginning(response, cancellation).ConfigureAwait(false))
            {
                RetryAfter = AskedBy(response.Headers.RetryAfter),
            };
        }
    }

    private TimeSpan? AskedBy(RetryConditionHeaderValue? header) => header?.Delta ?? header?.Date - time.GetUtcNow();

    private void Note(string receiver, Version version)
    {
        if (version >= HttpVersion.Version11)
            old.TryRemove(receiver, out _);
        else if (old.Count < MostOld)
            old[receiver] = true;
    }

    // With a lifetime of zero, each connection serves one request.
    private HttpMessageInvoker Invoker(TimeSpan lifetime)
    {
        var handler = connections.NewHandler();
        handler.PooledConnectionIdleTimeout = IdleConnection;
        handler.PooledConnectionLifetime = lifetime;
        handler.ConnectCallback = (context, cancellation) =>
        {
            context.InitialRequestMessage.Options.Set(HasConnected, true);
            return connections.Connect(context.DnsEndPoint, cancellation);
        };
        return new HttpMessageInvoker(handler);
    }

    /// <summary>
    /// Returns the beginning of the body as text. A body that is cut off or missing is not a failure, because the status
    /// has arrived.
    /// </summary>
    private async Task<string?> Beginning(HttpResponseMessage response, CancellationToken cancellation)
    {
        var bytes = new byte[WebhookAnswer.MostBytes];
        var count = 0;
        using var patience = new CancellationTokenSource(BodyTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, patience.Token);
        try
        {
            var body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                while (count < bytes.Length
                    && await body.ReadAsync(bytes.AsMemory(count), either.Token).ConfigureAwait(false) is var more and > 0)
                    count += more;
            }
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException or OperationCanceledException)
        {
            // What has arrived so far is kept.
        }

        return count == 0 ? null : Encoding.UTF8.GetString(bytes, 0, count);
    }
}
