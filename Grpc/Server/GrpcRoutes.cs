using Google.Protobuf;

namespace OrleansTasks.Grpc.Server;

/// <summary>The methods that a server answers.</summary>
public sealed class GrpcRoutes
{
    private readonly Dictionary<string, GrpcHandler> handlers = new(StringComparer.Ordinal);

    /// <summary>The most bytes of one message that is taken.</summary>
    public int LargestMessage { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// Called when a call of a known method begins, before anything of it is read; what it throws ends the call. Null: every call
    /// is taken.
    /// </summary>
    public Func<GrpcServerCall, ValueTask>? Opening { get; init; }

    /// <summary>One message in, one out.</summary>
    /// <param name="method">The method.</param>
    /// <param name="answer">Answers it.</param>
    /// <param name="largest">The most bytes of its message; 0: as of all others.</param>
    public GrpcRoutes Unary<TRequest, TAnswer>(
        GrpcMethod<TRequest, TAnswer> method, Func<TRequest, GrpcServerCall, Task<TAnswer>> answer, int largest = 0)
        where TRequest : class, IMessage<TRequest>
        where TAnswer : class, IMessage<TAnswer> =>
        Add(method.Path, new UnaryHandler<TRequest, TAnswer>(method, largest > 0 ? largest : LargestMessage, answer));

    /// <summary>One message in, any number out.</summary>
    public GrpcRoutes ServerStream<TRequest, TAnswer>(
        GrpcMethod<TRequest, TAnswer> method, Func<TRequest, GrpcServerCall, IAsyncEnumerable<TAnswer>> answer)
        where TRequest : class, IMessage<TRequest>
        where TAnswer : class, IMessage<TAnswer> =>
        Add(method.Path, new ServerStreamHandler<TRequest, TAnswer>(method, LargestMessage, answer));

    /// <summary>Any number of messages in, each answered by one before the next is read.</summary>
    public GrpcRoutes Exchange<TRequest, TAnswer>(
        GrpcMethod<TRequest, TAnswer> method, Func<TRequest, GrpcServerCall, Task<TAnswer>> answer)
        where TRequest : class, IMessage<TRequest>
        where TAnswer : class, IMessage<TAnswer> =>
        Duplex(method, (requests, call) => AnswerEach(requests, call, answer));

    /// <summary>
    /// Any number of messages in and any number out, at the same time. What is asked for of the messages is read; the rest waits
    /// at the caller, beyond what its window lets it send.
    /// </summary>
    public GrpcRoutes Duplex<TRequest, TAnswer>(
        GrpcMethod<TRequest, TAnswer> method, Func<IAsyncEnumerable<TRequest>, GrpcServerCall, IAsyncEnumerable<TAnswer>> answer)
        where TRequest : class, IMessage<TRequest>
        where TAnswer : class, IMessage<TAnswer> =>
        Add(method.Path, new DuplexHandler<TRequest, TAnswer>(method, LargestMessage, answer));

    internal GrpcHandler? Find(string path) => handlers.GetValueOrDefault(path);

    private static async IAsyncEnumerable<TAnswer> AnswerEach<TRequest, TAnswer>(
        IAsyncEnumerable<TRequest> requests, GrpcServerCall call, Func<TRequest, GrpcServerCall, Task<TAnswer>> answer)
    {
        await foreach (var request in requests)
            yield return await answer(request, call).WaitAsync(call.Cancellation);
    }

    private GrpcRoutes Add(string path, GrpcHandler handler)
    {
        handlers.Add(path, handler);
        return this;
    }
}
