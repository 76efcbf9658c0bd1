using System.Net;

namespace OrleansTasks.Grpc.Client;

/// <summary>The body of a call that sends messages as they come: lends its stream out until the last has been sent.</summary>
internal sealed class StreamContent : HttpContent
{
    private readonly TaskCompletionSource<Stream> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What to write messages to, once the call has a connection.</summary>
    internal Task<Stream> Ready => ready.Task;

    /// <summary>Nothing more is sent: the server sees the end of what it reads.</summary>
    internal void Complete() => done.TrySetResult();

    /// <summary>The call is over; whoever waits to send learns it.</summary>
    internal void Fail(Exception failure)
    {
        ready.TrySetException(failure);
        done.TrySetResult();
        // Nobody need be waiting.
        _ = ready.Task.Exception;
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // The headers leave now, whenever the first message comes.
        await stream.FlushAsync(cancellationToken);
        ready.TrySetResult(stream);
        await done.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
