using System.Runtime.CompilerServices;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using OrleansTasks.Grpc.Wire;

namespace OrleansTasks.Grpc.Server;

/// <summary>Any number of messages in and any number out, at the same time.</summary>
internal sealed class DuplexHandler<TRequest, TAnswer>(
    GrpcMethod<TRequest, TAnswer> method, int limit,
    Func<IAsyncEnumerable<TRequest>, GrpcServerCall, IAsyncEnumerable<TAnswer>> answer) : GrpcHandler
    where TRequest : class, IMessage<TRequest>
    where TAnswer : class, IMessage<TAnswer>
{
    /// <inheritdoc/>
    internal override async Task Answer(HttpContext context, GrpcServerCall call)
    {
        await context.Response.StartAsync(call.Cancellation);
        await context.Response.BodyWriter.FlushAsync(call.Cancellation);
        var requests = new MessageReader<TRequest>(context.Request.BodyReader, method.Requests, limit, method.ReadInPlace);
        await foreach (var one in answer(ReadAll(requests, call.Cancellation), call).WithCancellation(call.Cancellation))
            await Write(context, one, call.Cancellation);
    }

    private static async IAsyncEnumerable<TRequest> ReadAll(
        MessageReader<TRequest> requests, [EnumeratorCancellation] CancellationToken cancellation)
    {
        try
        {
            while (await Read(requests, cancellation) is { } request)
                yield return request;
        }
        finally
        {
            requests.Release();
        }
    }
}
