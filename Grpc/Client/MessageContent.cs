using System.Net;
using Google.Protobuf;
using OrleansTasks.Grpc.Wire;

namespace OrleansTasks.Grpc.Client;

/// <summary>The body of a call that sends one message.</summary>
internal sealed class MessageContent(IMessage message) : HttpContent
{
    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var buffer = new PooledWriter(MessageFrame.PrefixSize + message.CalculateSize());
        MessageFrame.Write(buffer, message);
        await stream.WriteAsync(buffer.Written, cancellationToken);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = MessageFrame.PrefixSize + message.CalculateSize();
        return true;
    }
}
