using System.Buffers;
using Google.Protobuf;

namespace OrleansTasks.Grpc;

/// <summary>One method of a service, as both ends know it.</summary>
/// <typeparam name="TRequest">What is sent.</typeparam>
/// <typeparam name="TAnswer">What comes back.</typeparam>
/// <param name="Path"><c>/package.Service/Method</c>.</param>
/// <param name="Requests">Reads what is sent.</param>
/// <param name="Answers">Reads what comes back.</param>
public sealed record GrpcMethod<TRequest, TAnswer>(
    string Path, MessageParser<TRequest> Requests, MessageParser<TAnswer> Answers)
    where TRequest : class, IMessage<TRequest>
    where TAnswer : class, IMessage<TAnswer>
{
    /// <summary>
    /// Reads a request without copying its bytes, which stay where they are until the call's next request is read; null when the
    /// request has another form than it knows, so that <see cref="Requests"/> reads it. Null: <see cref="Requests"/> reads all.
    /// </summary>
    public Func<ReadOnlySequence<byte>, TRequest?>? ReadInPlace { get; init; }

    /// <summary>
    /// The parts of a request on the wire, in their order, each of which is sent from where it is. Null: a request is put together
    /// before it is sent.
    /// </summary>
    public Func<TRequest, IEnumerable<ReadOnlyMemory<byte>>>? Parts { get; init; }
}
