using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;

namespace OrleansTasks.Grpc.Wire;

/// <summary>
/// A message on the wire: a byte that says whether it is compressed, its length in four bytes, big-endian, and the message.
/// </summary>
internal static class MessageFrame
{
    /// <summary>The bytes before the message.</summary>
    internal const int PrefixSize = 5;

    /// <summary>Appends a message; nothing is compressed.</summary>
    internal static void Write(IBufferWriter<byte> output, IMessage message)
    {
        WritePrefix(output.GetSpan(PrefixSize), message.CalculateSize());
        output.Advance(PrefixSize);
        message.WriteTo(output);
    }

    /// <summary>Writes what goes before a message of so many bytes.</summary>
    internal static void WritePrefix(Span<byte> prefix, int length)
    {
        prefix[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(prefix[1..], length);
    }

    /// <summary>
    /// Takes the next message off the front of what has arrived; false when not all of it is there yet.
    /// </summary>
    /// <exception cref="GrpcException">It is compressed, or longer than <paramref name="limit"/>.</exception>
    internal static bool TryTake(ref ReadOnlySequence<byte> arrived, int limit, out ReadOnlySequence<byte> message)
    {
        message = default;
        if (arrived.Length < PrefixSize)
            return false;
        Span<byte> prefix = stackalloc byte[PrefixSize];
        arrived.Slice(0, PrefixSize).CopyTo(prefix);
        if (prefix[0] == 1)
            throw new GrpcException(GrpcStatus.Unimplemented, "A compressed message was sent; only the encoding 'identity' is spoken.");
        if (prefix[0] != 0)
            throw new GrpcException(GrpcStatus.Internal, $"A message begins with {prefix[0]}, which is neither 0 nor 1.");
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);
        if (length > limit)
            throw new GrpcException(
                GrpcStatus.ResourceExhausted, $"A message of {length} bytes was sent; at most {limit} are taken.");
        if (arrived.Length < PrefixSize + length)
            return false;
        message = arrived.Slice(PrefixSize, length);
        arrived = arrived.Slice(message.End);
        return true;
    }
}
