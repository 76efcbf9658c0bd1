using Google.Protobuf;
using OrleansTasks.Grpc;
using OrleansTasks.Grpc.Client;

namespace OrleansTasks.Worker.Link;

/// <summary>
/// A stream on which every message is answered by one, kept open from one to the next. One exchange at a time; one that fails
/// or is given up ends the stream, since its answer would be taken for the next one's, and the next opens another.
/// </summary>
internal sealed class AnswerStream<TRequest, TAnswer>
    where TRequest : class, IMessage<TRequest>
    where TAnswer : class, IMessage<TAnswer>
{
    private readonly SemaphoreSlim turn = new(1);
    private GrpcStream<TRequest, TAnswer>? stream;

    /// <summary>Sends a message and waits for its answer.</summary>
    internal async Task<TAnswer> Ask(
        GrpcChannel channel, GrpcMethod<TRequest, TAnswer> method, TRequest request, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            stream ??= channel.Stream(method, CancellationToken.None);
            await Send(stream, request, cancellation);
            return await stream.Read(cancellation)
                ?? throw new GrpcException(GrpcStatus.Unavailable, "The server ended the stream without an answer.");
        }
        catch
        {
            if (stream is { } broken)
            {
                stream = null;
                await broken.DisposeAsync();
            }

            throw;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>A server that reads no more says why in the status, which is not the connection's end.</summary>
    private static async Task Send(GrpcStream<TRequest, TAnswer> stream, TRequest request, CancellationToken cancellation)
    {
        try
        {
            await stream.Write(request, cancellation);
        }
        catch (GrpcException unsent) when (unsent.Status is GrpcStatus.Unavailable or GrpcStatus.Internal)
        {
            await stream.Read(cancellation);
            throw;
        }
    }
}
