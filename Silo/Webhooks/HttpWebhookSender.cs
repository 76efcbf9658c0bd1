using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using OrleansTasks.Webhooks;

namespace OrleansTasks.Silo.Webhooks;

/// <summary>
/// Sends deliveries over HTTP and HTTPS. A redirect is not followed, no proxy of the environment is used, no cookie is kept, and
/// every connection is made to an address that <see cref="TargetRule"/> has allowed: the name is looked up here, and what is
/// connected to is what was checked. A receiver that speaks HTTP/1.0 may close after any answer, so each delivery gets a connection
/// of its own; and one that breaks off a connection that was kept is asked once more at once. Deliveries may come twice, with
/// the same id, like any repeated try.
/// </summary>
public sealed class HttpWebhookSender : IWebhookSender, IDisposable
{
    private const int MostHeaderKilobytes = 16;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(8);

    /// <summary>Less than all of it, so that one address that leads nowhere leaves time for the next.</summary>
    private static readonly TimeSpan AddressTimeout = TimeSpan.FromSeconds(3);

    /// <summary>How long the beginning of a body is waited for: the status alone decides.</summary>
    private static readonly TimeSpan BodyTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan IdleConnection = TimeSpan.FromSeconds(20);

    /// <summary>How long a busy connection is used before the name is looked up again: it may lead elsewhere by then.</summary>
    private static readonly TimeSpan OldestConnection = TimeSpan.FromMinutes(2);

    /// <summary>How many receivers that speak HTTP/1.0 are remembered; beyond that they are learnt anew.</summary>
    private const int MostOld = 10_000;

    // Of a request, whether a connection was made for it.
    private static readonly HttpRequestOptionsKey<bool> HasConnected = new("connected");
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly TargetRule rule;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> resolve;
    private readonly TimeProvider time;
    private readonly HttpMessageInvoker keeping;
    private readonly HttpMessageInvoker closing;

    // By host and port.
    private readonly ConcurrentDictionary<string, bool> old = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes a sender.</summary>
    /// <param name="rule">Which addresses are allowed.</param>
    /// <param name="resolve">Finds the addresses of a name; null for the system's resolver.</param>
    /// <param name="time">Bounds the waits for an address and for a body; null for the system's clock.</param>
    public HttpWebhookSender(
        TargetRule rule, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null, TimeProvider? time = null)
    {
        this.rule = rule;
        this.time = time ?? TimeProvider.System;
        this.resolve = resolve ?? Dns.GetHostAddressesAsync;
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
            return new WebhookAnswer(null, FaultOf(fault));
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
        message.Headers.Add("webhook-signature", request.Signature);
        return message;
    }

    private async Task<WebhookAnswer> SendBy(HttpMessageInvoker client, HttpRequestMessage message, CancellationToken cancellation)
    {
        using (message)
        {
            using var response = await client.SendAsync(message, cancellation).ConfigureAwait(false);
            Note(message.RequestUri!.Authority, response.Version);
            return new WebhookAnswer((int)response.StatusCode, await Beginning(response, cancellation).ConfigureAwait(false));
        }
    }

    private void Note(string receiver, Version version)
    {
        if (version >= HttpVersion.Version11)
            old.TryRemove(receiver, out _);
        else if (old.Count < MostOld)
            old[receiver] = true;
    }

    // With a lifetime of zero, a connection serves one request.
    private HttpMessageInvoker Invoker(TimeSpan lifetime) =>
        new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionIdleTimeout = IdleConnection,
            PooledConnectionLifetime = lifetime,
            MaxResponseHeadersLength = MostHeaderKilobytes,
            MaxResponseDrainSize = 0,
            ConnectCallback = (context, cancellation) =>
            {
                context.InitialRequestMessage.Options.Set(HasConnected, true);
                return Connect(context.DnsEndPoint, cancellation);
            },
        });

    /// <summary>The beginning of the body, as text. A body that breaks off or stays away is as good: the status has come.</summary>
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
            // What has come by then is kept.
        }

        return count == 0 ? null : Encoding.UTF8.GetString(bytes, 0, count);
    }

    private static string FaultOf(Exception fault) => fault switch
    {
        HttpRequestException { InnerException: RefusedTargetException refused } => refused.Message,
        HttpRequestException { InnerException: AuthenticationException tls } => $"TLS failed: {tls.Message}",
        HttpRequestException { InnerException: SocketException socket } => $"No connection: {socket.Message}",
        HttpRequestException { InnerException: IOException broken } => $"The connection broke: {broken.Message}",
        OperationCanceledException => $"No connection within {ConnectTimeout.TotalSeconds:0} s.",
        _ => fault.Message,
    };

    private async ValueTask<Stream> Connect(DnsEndPoint target, CancellationToken cancellation)
    {
        var addresses = IPAddress.TryParse(target.Host, out var literal)
            ? [literal]
            : await resolve(target.Host, cancellation).ConfigureAwait(false);
        var socket = await Connect(addresses, target.Port, cancellation).ConfigureAwait(false);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>
    /// Connects to the first of the addresses that is allowed and answers. One that is not allowed refuses the whole name: a
    /// name with a private address beside a public one is no accident.
    /// </summary>
    private async Task<Socket> Connect(IPAddress[] addresses, int port, CancellationToken cancellation)
    {
        if (Array.Find(addresses, address => !rule.Allows(address)) is { } refused)
            throw new RefusedTargetException($"The address {TargetRule.Refusal(refused)}.");
        SocketException? last = null;
        foreach (var address in addresses)
        {
            Socket? socket = null;
            using var patience = new CancellationTokenSource(AddressTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, patience.Token);
            try
            {
                socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(new IPEndPoint(address, port), either.Token).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException failed)
            {
                socket?.Dispose();
                last = failed;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                socket?.Dispose();
                last = new SocketException((int)SocketError.TimedOut);
            }
            catch
            {
                socket?.Dispose();
                throw;
            }
        }

        throw last ?? new SocketException((int)SocketError.HostNotFound);
    }
}
