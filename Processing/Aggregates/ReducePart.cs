namespace OrleansTasks.Processing.Aggregates;

/// <summary>What a command returned for the results of consecutive items.</summary>
/// <param name="First">The place of the first item.</param>
/// <param name="End">The place after that of the last item.</param>
/// <param name="Lines">The command's lines, each ended by a line feed.</param>
internal readonly record struct ReducePart(long First, long End, ReadOnlyMemory<byte> Lines)
{
    public void Write(ByteWriter writer)
    {
        writer.Signed(First);
        writer.Signed(End);
        writer.Bytes(Lines.Span);
    }

    public static ReducePart Read(ref ByteReader reader)
    {
        var part = new ReducePart(reader.Signed(), reader.Signed(), reader.Bytes().ToArray());
        return part.First < part.End && (part.Lines.IsEmpty || part.Lines.Span[^1] == '\n')
            ? part
            : throw new FormatException("A part covers no items, or does not end with its last line.");
    }
}
