using System.Runtime.CompilerServices;
using Grpc.Core;
using Grpc.Net.Client;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Link;

/// <summary>
/// Calls one master over one connection, which is opened with the first call and reopened after it breaks.
/// A call that fails throws an <see cref="RpcException"/>; one that is cancelled by its own token throws an
/// <see cref="OperationCanceledException"/>. Disposing ends all calls in progress.
/// </summary>
public sealed class MasterChannel : IDisposable
{
    /// <summary>How long a connection may be silent before it is pinged.</summary>
    private static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(10);

    /// <summary>How long the answer to a ping may take before the connection is closed.</summary>
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(5);

    private readonly GrpcChannel channel;
    private readonly CallInvoker invoker;
    private readonly Metadata metadata;

    /// <summary>Creates a channel that is not connected yet.</summary>
    public MasterChannel(MasterChannelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Address = options.Address;
        metadata = new Metadata { { NodeServiceMethods.VersionKey, options.Version } };
        channel = GrpcChannel.ForAddress(options.Address, new GrpcChannelOptions
        {
            // With only a handler, the channel would connect by itself and back off after failures, both of which the
            // ring of masters does.
            HttpClient = new HttpClient(Handler(options)) { Timeout = Timeout.InfiniteTimeSpan },
            DisposeHttpClient = true,
            MaxReceiveMessageSize = NodeServiceMethods.LargestMessage,
            CompressionProviders = [],
        });
        invoker = channel.CreateCallInvoker();
    }

    /// <summary>The master's address.</summary>
    public Uri Address { get; }

    /// <summary>
    /// Sends one message and returns the answer. A <paramref name="timeout"/> is also sent to the server.
    /// </summary>
    public async Task<TAnswer> Unary<TRequest, TAnswer>(
        Method<TRequest, TAnswer> method, TRequest request, TimeSpan? timeout, CancellationToken cancellation)
        where TRequest : class
        where TAnswer : class
    {
        try
        {
            using var call = invoker.AsyncUnaryCall(method, null, Options(timeout, cancellation), request);
            return await call.ResponseAsync;
        }
        catch (Exception failure)
        {
            throw CallFault.Of(failure, cancellation);
        }
    }

    /// <summary>Sends one message and returns the answers as they arrive.</summary>
    public async IAsyncEnumerable<TAnswer> ServerStream<TRequest, TAnswer>(
        Method<TRequest, TAnswer> method, TRequest request, [EnumeratorCancellation] CancellationToken cancellation)
        where TRequest : class
        where TAnswer : class
    {
        using var call = Open(c => c.AsyncServerStreamingCall(method, null, Options(null, cancellation), request), cancellation);
        while (await Next(call.ResponseStream, cancellation) is { } answer)
            yield return answer;
    }

    /// <summary>
    /// Sends messages and returns answers at the same time, both as they arrive.
    /// The next message is requested when the connection has accepted the one before.
    /// </summary>
    public async IAsyncEnumerable<TAnswer> Exchange<TRequest, TAnswer>(
        Method<TRequest, TAnswer> method, IAsyncEnumerable<TRequest> messages, [EnumeratorCancellation] CancellationToken cancellation)
        where TRequest : class
        where TAnswer : class
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var call = Stream(method, over.Token);
        var sender = new MessageSender<TRequest>(call.RequestStream, over);
        var sending = sender.Send(messages);
        try
        {
            while (await sender.Throwing(Next(call.ResponseStream, over.Token)) is { } answer)
                yield return answer;
        }
        finally
        {
            over.Cancel();
            await sending;
        }
    }

    /// <summary>
    /// Sends messages and returns the answer, which may come before all of them are sent.
    /// The next message is requested when the connection has accepted the one before.
    /// </summary>
    public async Task<TAnswer> Upload<TRequest, TAnswer>(
        Method<TRequest, TAnswer> method, IAsyncEnumerable<TRequest> messages, CancellationToken cancellation)
        where TRequest : class
        where TAnswer : class
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var call = Open(c => c.AsyncClientStreamingCall(method, null, Options(null, over.Token)), cancellation);
        var sender = new MessageSender<TRequest>(call.RequestStream, over);
        var sending = sender.Send(messages);
        try
        {
            return await sender.Throwing(Answer(call, over.Token))
                ?? throw CallError.Of(StatusCode.Unavailable, "The server closed the stream without an answer.");
        }
        finally
        {
            over.Cancel();
            await sending;
        }
    }

    private static async Task<TAnswer?> Answer<TRequest, TAnswer>(
        AsyncClientStreamingCall<TRequest, TAnswer> call, CancellationToken cancellation)
        where TRequest : class
        where TAnswer : class
    {
        try
        {
            return await call.ResponseAsync;
        }
        catch (Exception failure)
        {
            throw CallFault.Of(failure, cancellation);
        }
    }

    /// <summary>Opens a stream of messages in both directions.</summary>
    internal AsyncDuplexStreamingCall<TRequest, TAnswer> Stream<TRequest, TAnswer>(
        Method<TRequest, TAnswer> method, CancellationToken cancellation)
        where TRequest : class
        where TAnswer : class =>
        Open(c => c.AsyncDuplexStreamingCall(method, null, Options(null, cancellation)), cancellation);

    /// <summary>Returns the next message; null once the call has succeeded.</summary>
    internal static async Task<TAnswer?> Next<TAnswer>(IAsyncStreamReader<TAnswer> answers, CancellationToken cancellation)
        where TAnswer : class
    {
        try
        {
            return await answers.MoveNext(cancellation) ? answers.Current : null;
        }
        catch (Exception failure)
        {
            throw CallFault.Of(failure, cancellation);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => channel.Dispose();

    private TCall Open<TCall>(Func<CallInvoker, TCall> open, CancellationToken cancellation)
    {
        try
        {
            return open(invoker);
        }
        catch (ObjectDisposedException closed)
        {
            throw CallFault.Of(closed, cancellation);
        }
    }

    private CallOptions Options(TimeSpan? timeout, CancellationToken cancellation) => new(
        metadata, timeout is { } span ? TimeProvider.System.GetUtcNow().UtcDateTime + span : null, cancellation);

    private static SocketsHttpHandler Handler(MasterChannelOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            KeepAlivePingDelay = PingAfter,
            KeepAlivePingTimeout = PingTimeout,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
        };
        if (options.Tls is not null)
            handler.SslOptions = options.Tls;
        return handler;
    }
}
