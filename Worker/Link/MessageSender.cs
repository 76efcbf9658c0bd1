using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using Grpc.Core;

namespace OrleansTasks.Worker.Link;

/// <summary>Sends on a stream while its answers are read.</summary>
/// <param name="stream">The stream.</param>
/// <param name="over">Cancelled when neither is to go on.</param>
internal sealed class MessageSender<TRequest>(IClientStreamWriter<TRequest> stream, CancellationTokenSource over)
{
    private ExceptionDispatchInfo? fault;

    /// <summary>Sends all messages; does not throw.</summary>
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

    /// <summary>What a read gives; or throws what the messages threw.</summary>
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

    /// <summary>A server that reads no more, and a connection that breaks, say why where answers are read.</summary>
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
