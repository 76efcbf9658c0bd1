using Grpc.Core;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Link;

/// <summary>
/// A stream on which each message gets one answer. It stays open between exchanges, which do not overlap. An exchange
/// that fails or is cancelled closes the stream, because its answer would be taken for the next one's; the next
/// exchange opens another stream.
/// </summary>
internal sealed class AnswerStream<TRequest, TAnswer>(MasterChannel channel, Method<TRequest, TAnswer> method)
    where TRequest : class
    where TAnswer : class
{
    private readonly SemaphoreSlim turn = new(1);
    private AsyncDuplexStreamingCall<TRequest, TAnswer>? stream;

    /// <summary>Sends a message and waits for its answer.</summary>
    internal async Task<TAnswer> Ask(TRequest request, CancellationToken cancellation)
    {
        await turn.WaitAsync(cancellation);
        try
        {
            stream ??= channel.Stream(method, CancellationToken.None);
            await Send(stream, request, cancellation);
            return await MasterChannel.Next(stream.ResponseStream, cancellation)
                ?? throw CallError.Of(StatusCode.Unavailable, "The server closed the stream without an answer.");
        }
        catch
        {
            stream?.Dispose();
            stream = null;
            throw;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>
    /// Sends a message. If the server stopped reading, throws its status, which says why, instead of a broken
    /// connection.
    /// </summary>
    private static async Task Send(AsyncDuplexStreamingCall<TRequest, TAnswer> stream, TRequest request, CancellationToken cancellation)
    {
        try
        {
            await stream.RequestStream.WriteAsync(request, cancellation);
        }
        catch (Exception unsent) when (!cancellation.IsCancellationRequested)
        {
            await MasterChannel.Next(stream.ResponseStream, cancellation);
            throw CallFault.Of(unsent, cancellation);
        }
        catch (Exception given)
        {
            throw CallFault.Of(given, cancellation);
        }
    }
}
