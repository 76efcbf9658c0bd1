using System.Buffers;
using Google.Protobuf;
using Grpc.Core;

namespace OrleansTasks.Worker.Protocol;

/// <summary>
/// A message of output over a pooled block of memory, which is given back when it is disposed. gRPC lends a message's bytes no longer than
/// it takes to read it; a copy of its own for each chunk would be collected as soon as the chunk is stored.
/// </summary>
public sealed class LentOutput : IDisposable
{
    private readonly byte[] block;

    private LentOutput(byte[] block, OutputChunks chunks) => (this.block, Chunks) = (block, chunks);

    /// <summary>The message; its data is valid until this is disposed.</summary>
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
