using System.Buffers;
using Google.Protobuf;
using Grpc.Core;

namespace OrleansTasks.Worker.Protocol;

/// <summary>
/// A message of output in a pooled block of memory, which is returned to the pool on disposal. gRPC lends a message's
/// bytes only while it is read, and a separate copy of each chunk would be garbage as soon as the chunk is stored.
/// </summary>
public sealed class LentOutput : IDisposable
{
    private readonly byte[] block;

    private LentOutput(byte[] block, OutputChunks chunks) => (this.block, Chunks) = (block, chunks);

    /// <summary>The message; its data is valid until this object is disposed.</summary>
    public OutputChunks Chunks { get; }

    internal static Marshaller<LentOutput> Form { get; } =
        new(static (_, _) => throw new NotSupportedException("It is only read."), Read);

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<byte>.Shared.Return(block);

    private static LentOutput Read(DeserializationContext context)
    {
        var block = ArrayPool<byte>.Shared.Rent(context.PayloadLength);
        try
        {
            context.PayloadAsReadOnlySequence().CopyTo(block);
            var message = block.AsMemory(0, context.PayloadLength);
            return new LentOutput(
                block, OutputForm.Read(new ReadOnlySequence<byte>(message)) ?? OutputChunks.Parser.ParseFrom(message.Span));
        }
        catch (InvalidProtocolBufferException fault)
        {
            ArrayPool<byte>.Shared.Return(block);
            throw NodeServiceMethods.Unreadable(fault);
        }
    }
}
