using System.Buffers;
using Google.Protobuf;

namespace OrleansTasks.Worker.Protocol;

/// <summary>
/// Reads messages of output without copying the output. The wire format is that of the generated types.
/// </summary>
internal static class OutputForm
{
    /// <summary>
    /// Reads a message whose data stays where it is. A chunk whose data is in several segments of memory becomes one
    /// chunk for each. Returns null for a message that only the generated parser reads correctly.
    /// </summary>
    internal static OutputChunks? Read(ReadOnlySequence<byte> message)
    {
        var rest = new ArrayBufferWriter<byte>();
        var chunks = new List<ReadOnlySequence<byte>>();
        if (!FieldSplit.TrySplit(message, OutputChunks.ChunksFieldNumber, chunks, rest))
            return null;
        var read = OutputChunks.Parser.ParseFrom(rest.WrittenSpan);
        var data = new List<ReadOnlySequence<byte>>(1);
        foreach (var chunk in chunks)
        {
            rest.ResetWrittenCount();
            data.Clear();
            if (!FieldSplit.TrySplit(chunk, OutputChunk.DataFieldNumber, data, rest) || data.Count > 1)
                return null;
            var head = OutputChunk.Parser.ParseFrom(rest.WrittenSpan);
            if (data is not [{ IsEmpty: false } bytes])
                read.Chunks.Add(head);
            else if (head.Offset > long.MaxValue - bytes.Length)
                return null;
            else
                Add(read, head, bytes);
        }

        return read;
    }

    private static void Add(OutputChunks message, OutputChunk head, in ReadOnlySequence<byte> data)
    {
        var offset = head.Offset;
        foreach (var piece in data)
        {
            if (piece.IsEmpty)
                continue;
            message.Chunks.Add(new OutputChunk
            {
                Lease = head.Lease, Stream = head.Stream, Offset = offset, Data = UnsafeByteOperations.UnsafeWrap(piece),
            });
            offset += piece.Length;
        }
    }
}
