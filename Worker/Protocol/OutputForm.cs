using System.Buffers;
using Google.Protobuf;
using OrleansTasks.Grpc.Wire;

namespace OrleansTasks.Worker.Protocol;

/// <summary>
/// Writes and reads messages of output without copying the output. The form on the wire is the one of the generated types.
/// </summary>
public static class OutputForm
{
    /// <summary>The message on the wire, in parts: each chunk's data is a part of its own, which is the data itself.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Parts(OutputChunks message)
    {
        ArgumentNullException.ThrowIfNull(message);
        yield return new OutputChunks { NodeId = message.NodeId, Session = message.Session }.ToByteArray();
        foreach (var chunk in message.Chunks)
        {
            yield return HeadOf(chunk);
            yield return chunk.Data.Memory;
        }
    }

    /// <summary>
    /// Reads a message whose data stays where it is. A chunk whose data lies in several pieces of memory becomes as many chunks, one
    /// after the other. Null for a message that only the generated parser reads as it should.
    /// </summary>
    public static OutputChunks? Read(ReadOnlySequence<byte> message)
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

    /// <summary>All of a chunk on the wire that comes before its data's bytes.</summary>
    private static byte[] HeadOf(OutputChunk chunk)
    {
        var fields = new OutputChunk { Lease = chunk.Lease, Stream = chunk.Stream, Offset = chunk.Offset };
        // A field that is empty is left out.
        var length = fields.CalculateSize() + (chunk.Data.IsEmpty ? 0 : SizeBefore(OutputChunk.DataFieldNumber, chunk.Data.Length));
        var all = length + chunk.Data.Length;
        var head = new byte[SizeBefore(OutputChunks.ChunksFieldNumber, all) + length];
        var output = new CodedOutputStream(head);
        WriteBefore(output, OutputChunks.ChunksFieldNumber, all);
        fields.WriteTo(output);
        if (!chunk.Data.IsEmpty)
            WriteBefore(output, OutputChunk.DataFieldNumber, chunk.Data.Length);
        output.CheckNoSpaceLeft();
        return head;
    }

    private static int SizeBefore(int field, int length) =>
        CodedOutputStream.ComputeTagSize(field) + CodedOutputStream.ComputeLengthSize(length);

    private static void WriteBefore(CodedOutputStream output, int field, int length)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteLength(length);
    }
}
