using OrleansTasks.Processing.Aggregates;

namespace OrleansTasks.Processing.Chunks;

/// <summary>Lines for an aggregate's command to reduce.</summary>
/// <param name="Aggregate">The aggregate's index in the plan.</param>
/// <param name="First">The place of the first item that the lines come from.</param>
/// <param name="End">The place after that of the last item.</param>
/// <param name="Lines">The lines, each ended by a line feed.</param>
public readonly record struct Reduction(int Aggregate, long First, long End, ReadOnlyMemory<byte> Lines)
{
    /// <summary>The first byte of a segment that has no items, but parts to reduce.</summary>
    private const byte Mark = 0;

    /// <summary>Whether a chunk has no items, but parts to reduce.</summary>
    public static bool IsOne(long items, ReadOnlySpan<byte> segment) => items == 0 && !segment.IsEmpty && segment[0] == Mark;

    /// <summary>Reads a chunk's segment. Throws <see cref="FormatException"/> if it is malformed.</summary>
    public static Reduction Read(ReadOnlyMemory<byte> segment)
    {
        var reader = new ByteReader(segment.Span);
        if (reader.Byte() != Mark)
            throw new FormatException("The segment is not one of parts to reduce.");
        var (aggregate, first, end) = ((int)reader.Unsigned(), reader.Signed(), reader.Signed());
        return new Reduction(aggregate, first, end, segment[^reader.Rest.Length..]);
    }

    /// <summary>Returns the segment of a chunk that reduces parts to one.</summary>
    internal static byte[] SegmentOf(int aggregate, ReadOnlySpan<ReducePart> parts)
    {
        var writer = new ByteWriter();
        writer.Byte(Mark);
        writer.Unsigned((ulong)aggregate);
        writer.Signed(parts[0].First);
        writer.Signed(parts[^1].End);
        foreach (var part in parts)
            writer.Raw(part.Lines.Span);
        return writer.ToArray();
    }
}
