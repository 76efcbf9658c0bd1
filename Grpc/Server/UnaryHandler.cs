using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using OrleansTasks.Grpc.Wire;

namespace OrleansTasks.Grpc.Server;

/// <summary>One message in, one out.</summary>
internal sealed class UnaryHandler<TRequest, TAnswer>(
    GrpcMethod<TRequest, TAnswer> method, int limit, Func<TRequest, GrpcServerCall, Task<TAnswer>> answer) : GrpcHandler
    where TRequest : class, IMessage<TRequest>
    where TAnswer : class, IMessage<TAnswer>
{
    /// <inheritdoc/>
    internal override async Task Answer(HttpContext context, GrpcServerCall call)
    {
        var requests = new MessageReader<TRequest>(context.Request.BodyReader, method.Requests, limit);
        var request = await ReadOne(requests, call.Cancellation);
        // Who does not listen to the cancellation is not waited for beyond it.
        var reply = await answer(request, call).WaitAsync(call.Cancellation);
        // Not flushed: it leaves together with the trailers.
        MessageFrame.Write(context.Response.BodyWriter, reply);
    }
}
