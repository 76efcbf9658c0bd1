using OrleansTasks.Processing.Files;

namespace OrleansTasks.Processing.Chunks;

/// <summary>One chunk's items.</summary>
/// <param name="Format">What they are.</param>
/// <param name="First">The first item's place in the source, from 0; of a range its first integer.</param>
/// <param name="Items">How many there are.</param>
/// <param name="Segment">The lines, each ended by a line feed; empty for a range.</param>
public readonly record struct ChunkInput(ItemFormat Format, long First, long Items, ReadOnlyMemory<byte> Segment)
{
    /// <summary>The columns of <see cref="ItemFormat.Csv"/>.</summary>
    public CsvHeader? Header { get; init; }

    /// <summary>A line's item as JSON, or what is wrong with it. Neither for a line that means nothing.</summary>
    internal string? FaultOf(ReadOnlyMemory<byte> line, out ReadOnlyMemory<byte> json)
    {
        json = line;
        switch (Format)
        {
            case ItemFormat.Ndjson when line.Span.Trim(" \t\r"u8).IsEmpty:
                json = default;
                return null;
            case ItemFormat.Ndjson:
                json = JsonText.Check(line) ?? default;
                return json.IsEmpty ? "the line is no JSON" : null;
            case ItemFormat.Csv when line.IsEmpty:
                return null;
            case ItemFormat.Csv when Header!.FaultOf(line) is { } fault:
                return fault;
            case ItemFormat.Csv:
                json = Header!.ToJson(line);
                return null;
            default:
                return null;
        }
    }
}
