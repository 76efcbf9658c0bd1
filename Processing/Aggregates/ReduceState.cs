using System.Buffers;
using System.Text.Json;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Lines;

namespace OrleansTasks.Processing.Aggregates;

/// <summary>
/// A fold that a command computes. While a worker evaluates a chunk, the state gathers the chunk's results as lines.
/// After the last item, the worker runs the command on <see cref="Gathered"/> and calls <see cref="Put"/> with what the
/// command returned. From then on, the state holds parts: what commands returned for ranges of the source, in the
/// source's order. Merging adds parts, and reductions combine them until one is left.
/// </summary>
internal sealed class ReduceState(AggregateSpec spec) : AggregateState(spec)
{
    private const int MostGathered = 64 << 20; // Bytes of one chunk's lines
    private const int MostKept = 16 << 20; // Bytes of all parts
    // Adjacent parts are reduced early if they are this many or this large. A reduction takes no more than
    // LargestReduction bytes.
    private const int ManyParts = 64;
    private const int ManyBytes = 256 << 10;
    private const int LargestReduction = 4 << 20;
    private readonly ArrayBufferWriter<byte> gathered = new();
    private readonly SortedList<long, ReducePart> parts = [];
    private Utf8JsonWriter? lineWriter;
    private Value seen;
    private long kept;

    /// <summary>The lines of the chunk's results, until <see cref="Put"/> replaces them.</summary>
    public ReadOnlyMemory<byte> Gathered => gathered.WrittenMemory;

    /// <summary>Whether the parts have more bytes than can be kept.</summary>
    public bool IsTooLarge => kept > MostKept;

    /// <summary>
    /// Puts a reduced part in place of the gathered lines and of the parts that it covers. Merging and reading call
    /// this as well, so neither may be done to a state that still gathers: its lines would be lost.
    /// </summary>
    public void Put(in ReducePart part)
    {
        gathered.ResetWrittenCount();
        for (var at = FirstFrom(part.First); at < parts.Count && parts.GetValueAtIndex(at).First < part.End;)
        {
            kept -= parts.GetValueAtIndex(at).Lines.Length;
            parts.RemoveAt(at);
        }

        parts.Add(part.First, part);
        kept += part.Lines.Length;
    }

    /// <summary>Returns the next parts to reduce to one, in order; empty if there are none.</summary>
    /// <param name="areAllThere">
    /// Whether no more parts will come. If not, only adjacent parts that are many or large are reduced. If so, any
    /// parts are, adjacent or not: what lies between them are failed chunks, which have no part.
    /// </param>
    public ReadOnlySpan<ReducePart> Next(bool areAllThere)
    {
        var all = parts.Values.ToArray();
        for (var start = 0; start < all.Length;)
        {
            var (end, bytes) = (start + 1, (long)all[start].Lines.Length);
            while (end < all.Length && (areAllThere || all[end].First == all[end - 1].End)
                // Two parts are always taken together, however large, so that every reduction makes progress.
                && (end - start < 2 || bytes + all[end].Lines.Length <= LargestReduction))
                bytes += all[end++].Lines.Length;
            if (end - start > 1 && (areAllThere || end - start >= ManyParts || bytes >= ManyBytes))
                return all.AsSpan()[start..end];
            start = end;
        }

        return [];
    }

    public override string? Refuse(in Value result)
    {
        if (Select(result, Spec.Value, "value", out seen) is { } fault)
            return fault;
        return seen.Kind == ValueKind.Text && seen.Bytes.Span.Contains((byte)'\n') ? LineInput.HoldsLineFeed : null;
    }

    public override void Take()
    {
        if (seen.Kind == ValueKind.Text)
            gathered.Write(seen.Bytes.Span);
        else
        {
            lineWriter ??= new Utf8JsonWriter(gathered, new JsonWriterOptions { SkipValidation = true });
            seen.Write(lineWriter);
            lineWriter.Flush();
            lineWriter.Reset();
        }

        gathered.Write("\n"u8);
        if (gathered.WrittenCount > MostGathered)
            throw new ResultsTooLargeException(
                $"'{Spec.Name}' received more than {MostGathered} bytes of results from one chunk; give the job a smaller chunkSize.");
    }

    public override void Merge(AggregateState other)
    {
        foreach (var part in ((ReduceState)other).parts.Values)
            Put(part);
    }

    public override void Write(ByteWriter writer)
    {
        writer.Unsigned((ulong)parts.Count);
        foreach (var part in parts.Values)
            part.Write(writer);
    }

    public override void Read(ref ByteReader reader)
    {
        for (var left = reader.Count(); left > 0; left--)
            Put(ReducePart.Read(ref reader));
    }

    public override void WriteOutcome(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        foreach (var part in parts.Values)
        {
            for (var rest = part.Lines; rest.Span.IndexOf((byte)'\n') is var end and >= 0; rest = rest[(end + 1)..])
                ResultLine.Read(rest[..end]).Write(json);
        }

        json.WriteEndArray();
    }

    private int FirstFrom(long place)
    {
        var (low, high) = (0, parts.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (parts.GetKeyAtIndex(middle) < place)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
