using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;

namespace OrleansTasks.Grpc.Wire;

/// <summary>Reads messages of one type one after the other.</summary>
/// <param name="input">Where the bytes come from.</param>
/// <param name="parser">Reads a message.</param>
/// <param name="limit">The most bytes of a message.</param>
/// <param name="inPlace">Reads a message without copying it, or returns null; null: the parser reads all.</param>
internal sealed class MessageReader<T>(
    PipeReader input, MessageParser<T> parser, int limit, Func<ReadOnlySequence<byte>, T?>? inPlace = null)
    where T : class, IMessage<T>
{
    private SequencePosition? heldUntil;

    /// <summary>
    /// The next message; null when the other end has said its last. A message that was read in place is valid until then.
    /// </summary>
    /// <exception cref="GrpcException">What came is no message, or too long a one.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    internal async ValueTask<T?> Next(CancellationToken cancellation)
    {
        Release();
        while (true)
        {
            var read = await input.ReadAsync(cancellation);
            var arrived = read.Buffer;
            if (MessageFrame.TryTake(ref arrived, limit, out var bytes))
            {
                var message = Parse(bytes);
                if (inPlace is null)
                    input.AdvanceTo(arrived.Start);
                else
                    heldUntil = arrived.Start;
                return message;
            }

            // All of it has been looked at: only then does the other end's window open for the rest of a long message.
            input.AdvanceTo(arrived.Start, arrived.End);
            if (!read.IsCompleted)
                continue;
            if (!arrived.IsEmpty)
                throw new GrpcException(GrpcStatus.Internal, "The last message was cut short.");
            return null;
        }
    }

    /// <summary>Gives the memory of the last message back, when it was read in place.</summary>
    internal void Release()
    {
        if (heldUntil is not { } end)
            return;
        heldUntil = null;
        input.AdvanceTo(end);
    }

    private T Parse(ReadOnlySequence<byte> bytes)
    {
        try
        {
            return inPlace?.Invoke(bytes) ?? parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException fault)
        {
            throw new GrpcException(GrpcStatus.Internal, $"A message cannot be read: {fault.Message}", fault);
        }
    }
}
