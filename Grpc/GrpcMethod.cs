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
    where TAnswer : class, IMessage<TAnswer>;
