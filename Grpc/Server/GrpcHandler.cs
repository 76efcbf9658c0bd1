using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using OrleansTasks.Grpc.Wire;

namespace OrleansTasks.Grpc.Server;

/// <summary>Answers the calls of one method.</summary>
internal abstract class GrpcHandler
{
    /// <summary>Reads what the call sends and writes the answers; the status is the server's to write.</summary>
    internal abstract Task Answer(HttpContext context, GrpcServerCall call);

    /// <summary>The one message of a call that sends one.</summary>
    /// <exception cref="GrpcException">There is none, or more than one.</exception>
    protected static async ValueTask<T> ReadOne<T>(MessageReader<T> requests, CancellationToken cancellation)
        where T : class, IMessage<T>
    {
        var request = await Read(requests, cancellation)
            ?? throw new GrpcException(GrpcStatus.Internal, "The call ended before its message.");
        if (await Read(requests, cancellation) is not null)
            throw new GrpcException(GrpcStatus.Internal, "The call sent more than the one message that it may.");
        return request;
    }

    /// <summary>The next message; null when the caller has said its last.</summary>
    /// <exception cref="OperationCanceledException">The caller is gone.</exception>
    protected static async ValueTask<T?> Read<T>(MessageReader<T> requests, CancellationToken cancellation)
        where T : class, IMessage<T>
    {
        try
        {
            return await requests.Next(cancellation);
        }
        catch (IOException gone)
        {
            throw new OperationCanceledException("The caller is gone.", gone);
        }
    }

    /// <summary>Sends a message at once; completes when the caller's window has taken it.</summary>
    protected static ValueTask Write(HttpContext context, IMessage message, CancellationToken cancellation)
    {
        var output = context.Response.BodyWriter;
        MessageFrame.Write(output, message);
        var flushed = output.FlushAsync(cancellation);
        return flushed.IsCompletedSuccessfully ? Ended(flushed.Result) : Await(flushed);

        static async ValueTask Await(ValueTask<System.IO.Pipelines.FlushResult> flush) => await Ended(await flush);

        static ValueTask Ended(System.IO.Pipelines.FlushResult result) => result.IsCompleted
            ? ValueTask.FromException(new OperationCanceledException("The caller is gone."))
            : ValueTask.CompletedTask;
    }
}
