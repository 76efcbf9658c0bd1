using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using OrleansTasks.Grpc.Wire;

namespace OrleansTasks.Grpc.Server;

/// <summary>Any number of messages in, each answered by one before the next is read.</summary>
internal sealed class ExchangeHandler<TRequest, TAnswer>(
    GrpcMethod<TRequest, TAnswer> method, int limit, Func<TRequest, GrpcServerCall, Task<TAnswer>> answer) : GrpcHandler
    where TRequest : class, IMessage<TRequest>
    where TAnswer : class, IMessage<TAnswer>
{
    /// <inheritdoc/>
    internal override async Task Answer(HttpContext context, GrpcServerCall call)
    {
        await context.Response.StartAsync(call.Cancellation);
        await context.Response.BodyWriter.FlushAsync(call.Cancellation);
        var requests = new MessageReader<TRequest>(context.Request.BodyReader, method.Requests, limit);
        while (await Read(requests, call.Cancellation) is { } request)
            await Write(context, await answer(request, call).WaitAsync(call.Cancellation), call.Cancellation);
    }
}
