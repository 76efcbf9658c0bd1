using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using OrleansTasks.Grpc.Wire;

namespace OrleansTasks.Grpc.Server;

/// <summary>One message in, any number out.</summary>
internal sealed class ServerStreamHandler<TRequest, TAnswer>(
    GrpcMethod<TRequest, TAnswer> method, int limit, Func<TRequest, GrpcServerCall, IAsyncEnumerable<TAnswer>> answer)
    : GrpcHandler
    where TRequest : class, IMessage<TRequest>
    where TAnswer : class, IMessage<TAnswer>
{
    /// <inheritdoc/>
    internal override async Task Answer(HttpContext context, GrpcServerCall call)
    {
        var requests = new MessageReader<TRequest>(context.Request.BodyReader, method.Requests, limit);
        var request = await ReadOne(requests, call.Cancellation);
        // The caller learns that it is heard before there is anything to say.
        await context.Response.StartAsync(call.Cancellation);
        await context.Response.BodyWriter.FlushAsync(call.Cancellation);
        await foreach (var message in answer(request, call).WithCancellation(call.Cancellation))
            await Write(context, message, call.Cancellation);
    }
}
