using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Google.Protobuf;

namespace OrleansTasks.Grpc.Client;

/// <summary>Sends on a stream while its answers are read.</summary>
/// <param name="stream">The stream.</param>
/// <param name="over">Cancelled when neither is to go on.</param>
internal sealed class MessageSender<TRequest, TAnswer>(GrpcStream<TRequest, TAnswer> stream, CancellationTokenSource over)
    where TRequest : class, IMessage<TRequest>
    where TAnswer : class, IMessage<TAnswer>
{
    private ExceptionDispatchInfo? fault;

    /// <summary>Sends all messages; does not throw.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whoever reads the answers is told.")]
    internal async Task Send(IAsyncEnumerable<TRequest> messages)
    {
        try
        {
            await foreach (var message in messages.WithCancellation(over.Token))
                await stream.Write(message, over.Token);
            stream.Complete();
        }
        catch (GrpcException)
        {
            // A server that reads no more, and a connection that breaks, say why where answers are read.
        }
        catch (Exception failure)
        {
            if (!over.IsCancellationRequested)
                fault = ExceptionDispatchInfo.Capture(failure);
            await over.CancelAsync();
        }
    }

    /// <summary>The next answer; null once the call has succeeded. Throws what the messages threw.</summary>
    internal async ValueTask<TAnswer?> Next()
    {
        try
        {
            return await stream.Read(over.Token);
        }
        catch (Exception end) when (over.IsCancellationRequested)
        {
            // A write that is given up ends the stream, and reading it fails in ways of its own.
            fault?.Throw();
            throw new OperationCanceledException("The call was cancelled.", end, over.Token);
        }
    }
}
