using System.Buffers;

namespace OrleansTasks.Worker.Protocol;

/// <summary>Takes one field out of a protobuf message without copying the field's content.</summary>
internal static class FieldSplit
{
    private const int MostVarint = 10;

    /// <summary>
    /// Finds all occurrences of a length-delimited field (a message, bytes or a string), and copies all other fields
    /// to <paramref name="rest"/> for a parser.
    /// Returns false if the message is malformed or has groups; a parser must then decide what it is.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="field">The field's number.</param>
    /// <param name="found">Receives the content of each occurrence.</param>
    /// <param name="rest">Receives the other fields.</param>
    public static bool TrySplit(
        in ReadOnlySequence<byte> message, int field, List<ReadOnlySequence<byte>> found, IBufferWriter<byte> rest)
    {
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(rest);
        var wanted = ((ulong)field << 3) | (ulong)WireKind.Length;
        var reader = new SequenceReader<byte>(message);
        while (!reader.End)
        {
            var start = reader.Position;
            if (!TryReadVarint(ref reader, out var tag) || tag >> 3 is 0 or > int.MaxValue || SizeOf(tag, ref reader) is not { } size
                || size > reader.Remaining)
                return false;
            if (tag == wanted)
                found.Add(message.Slice(reader.Position, size));
            reader.Advance(size);
            if (tag != wanted)
                foreach (var part in message.Slice(start, reader.Position))
                    rest.Write(part.Span);
        }

        return true;
    }

    /// <summary>Returns how many bytes follow; null if the field is malformed or a group.</summary>
    private static long? SizeOf(ulong tag, ref SequenceReader<byte> reader) => (WireKind)(tag & 7) switch
    {
        WireKind.Varint => TryReadVarint(ref reader, out _) ? 0 : null,
        WireKind.Fixed64 => sizeof(ulong),
        WireKind.Length => TryReadVarint(ref reader, out var length) && length <= int.MaxValue ? (long)length : null,
        WireKind.Fixed32 => sizeof(uint),
        _ => null,
    };

    private static bool TryReadVarint(ref SequenceReader<byte> reader, out ulong value)
    {
        value = 0;
        for (var i = 0; i < MostVarint; i++)
        {
            if (!reader.TryRead(out var next))
                return false;
            value |= (ulong)(next & 0x7f) << (7 * i);
            if (next < 0x80)
                return true;
        }

        return false;
    }

    private enum WireKind
    {
        Varint = 0,
        Fixed64 = 1,
        Length = 2,
        Fixed32 = 5,
    }
}
