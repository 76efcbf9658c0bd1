using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Grpc.Core;

namespace OrleansTasks.Worker.Link;

/// <summary>Sends messages on a stream while its answers are read.</summary>
/// <param name="stream">The stream.</param>
/// <param name="over">Cancelled when both sending and reading should stop.</param>
internal sealed class MessageSender<TRequest>(IClientStreamWriter<TRequest> stream, CancellationTokenSource over)
{
    private ExceptionDispatchInfo? fault;

    /// <summary>Sends all messages. Does not throw.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whoever reads the answers is told.")]
    internal async Task Send(IAsyncEnumerable<TRequest> messages)
    {
        try
        {
            await foreach (var message in messages.WithCancellation(over.Token))
                if (!await IsDone(() => stream.WriteAsync(message)))
                    return;
            await IsDone(stream.CompleteAsync);
        }
        catch (Exception failure)
        {
            if (!over.IsCancellationRequested)
                fault = ExceptionDispatchInfo.Capture(failure);
            over.Cancel();
        }
    }

    /// <summary>Returns what a read returns, or throws what the messages threw.</summary>
    internal async Task<TAnswer?> Throwing<TAnswer>(Task<TAnswer?> read)
        where TAnswer : class
    {
        try
        {
            return await read;
        }
        catch (OperationCanceledException)
        {
            fault?.Throw();
            throw;
        }
    }

    /// <summary>
    /// Returns false if the server stopped reading or the connection broke. Reading the answers then reports the cause.
    /// </summary>
    private static async Task<bool> IsDone(Func<Task> step)
    {
        try
        {
            await step();
            return true;
        }
        catch (Exception broken) when (
            broken is RpcException or IOException or HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }
}
