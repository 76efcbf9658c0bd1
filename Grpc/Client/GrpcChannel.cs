using System.Net;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using OrleansTasks.Grpc.Wire;

namespace OrleansTasks.Grpc.Client;

/// <summary>
/// Calls one gRPC server over one connection, which is made with the first call and anew when it breaks. A call that does not
/// succeed throws a <see cref="GrpcException"/>; one that its own token ends, an <see cref="OperationCanceledException"/>.
/// Disposing ends all calls that are under way.
/// </summary>
public sealed class GrpcChannel : IDisposable
{
    private readonly GrpcChannelOptions options;
    private readonly HttpMessageInvoker invoker;
    private readonly CancellationTokenSource over = new();

    /// <summary>Makes a channel; nothing is connected yet.</summary>
    public GrpcChannel(GrpcChannelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            KeepAlivePingDelay = options.PingAfter,
            KeepAlivePingTimeout = options.PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        };
        if (options.Tls is not null)
            handler.SslOptions = options.Tls;
        invoker = new HttpMessageInvoker(handler);
    }

    /// <summary>Whom it calls.</summary>
    public Uri Address => options.Address;

    /// <summary>
    /// Sends one message and returns the one that comes back. With <paramref name="timeout"/> the server is told of it too.
    /// </summary>
    public async Task<TAnswer> Unary<TRequest, TAnswer>(
        GrpcMethod<TRequest, TAnswer> method, TRequest request, TimeSpan? timeout, CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TAnswer : class, IMessage<TAnswer>
    {
        await using var stream = Open(method, new MessageContent(request), timeout, cancellation);
        var answer = await stream.Read(cancellation)
            ?? throw new GrpcException(GrpcStatus.Internal, "The call succeeded without an answer.");
        // The status comes after the message: only then did the call succeed.
        if (await stream.Read(cancellation) is not null)
            throw new GrpcException(GrpcStatus.Internal, "The call gave more than the one answer that it may.");
        return answer;
    }

    /// <summary>Sends one message and returns what comes back, as it comes.</summary>
    public async IAsyncEnumerable<TAnswer> ServerStream<TRequest, TAnswer>(
        GrpcMethod<TRequest, TAnswer> method, TRequest request, [EnumeratorCancellation] CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TAnswer : class, IMessage<TAnswer>
    {
        await using var stream = Open(method, new MessageContent(request), null, cancellation);
        while (await stream.Read(cancellation) is { } answer)
            yield return answer;
    }

    /// <summary>
    /// Sends messages as they come and returns what comes back, as it comes, at the same time. The messages are asked for one by
    /// one: the next when the connection has taken the one before it.
    /// </summary>
    public async IAsyncEnumerable<TAnswer> Exchange<TRequest, TAnswer>(
        GrpcMethod<TRequest, TAnswer> method, IAsyncEnumerable<TRequest> messages,
        [EnumeratorCancellation] CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TAnswer : class, IMessage<TAnswer>
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await using var stream = Stream(method, CancellationToken.None);
        var sender = new MessageSender<TRequest, TAnswer>(stream, over);
        var sending = sender.Send(messages);
        try
        {
            while (await sender.Next() is { } answer)
                yield return answer;
        }
        finally
        {
            await over.CancelAsync();
            await sending;
        }
    }

    /// <summary>Opens a stream of messages both ways.</summary>
    public GrpcStream<TRequest, TAnswer> Stream<TRequest, TAnswer>(
        GrpcMethod<TRequest, TAnswer> method, CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TAnswer : class, IMessage<TAnswer>
        => Open(method, new StreamContent(), null, cancellation);

    /// <inheritdoc/>
    public void Dispose()
    {
        // A handler that is disposed lets calls that are under way go on.
        over.Cancel();
        invoker.Dispose();
    }

    private GrpcStream<TRequest, TAnswer> Open<TRequest, TAnswer>(
        GrpcMethod<TRequest, TAnswer> method, HttpContent content, TimeSpan? timeout, CancellationToken cancellation)
        where TRequest : class, IMessage<TRequest>
        where TAnswer : class, IMessage<TAnswer>
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(options.Address, method.Path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        content.Headers.TryAddWithoutValidation("content-type", GrpcHeaders.ContentType);
        request.Headers.TryAddWithoutValidation("te", "trailers");
        if (timeout is { } span)
            request.Headers.TryAddWithoutValidation(GrpcHeaders.Timeout, GrpcTimeout.Format(span));
        foreach (var (name, value) in options.Metadata)
            request.Headers.TryAddWithoutValidation(name, value);
        return new GrpcStream<TRequest, TAnswer>(
            invoker, request, content as StreamContent, method, options.LargestMessage, timeout, over.Token,
            cancellation);
    }
}
