using OrleansTasks.Processing.Files;

namespace OrleansTasks.Processing.Chunks;

/// <summary>The items of one chunk.</summary>
/// <param name="Format">The form of the items.</param>
/// <param name="First">The place of the first item in the source, from 0; for a range, its first integer.</param>
/// <param name="Items">The number of items.</param>
/// <param name="Segment">The lines, each ended by a line feed; empty for a range.</param>
public readonly record struct ChunkInput(ItemFormat Format, long First, long Items, ReadOnlyMemory<byte> Segment)
{
    /// <summary>The columns of <see cref="ItemFormat.Csv"/>.</summary>
    public CsvHeader? Header { get; init; }

    /// <summary>
    /// Whether rows of <see cref="ItemFormat.Csv"/> have carriage returns, which are an error outside quotes.
    /// </summary>
    internal bool HasReturns { get; init; }

    /// <summary>Whether rows of <see cref="ItemFormat.Csv"/> have line feeds in quotes.</summary>
    internal bool AreSplit { get; init; }

    /// <summary>
    /// Takes the first line, or the first row of CSV, which may have line feeds in quotes, from the rest of the
    /// segment. Throws <see cref="FormatException"/> if there is none.
    /// </summary>
    internal ReadOnlyMemory<byte> TakeLine(ref ReadOnlyMemory<byte> rest)
    {
        var end = rest.Span.IndexOf((byte)'\n');
        if (AreSplit && end >= 0 && rest.Span[..end].Contains((byte)'"'))
            end = QuoteState.RowLength(rest.Span) - 1;
        if (end < 0)
            throw new FormatException("A chunk has fewer lines than it declares.");
        var line = rest[..end];
        rest = rest[(end + 1)..];
        return line;
    }

    /// <summary>
    /// Returns what is wrong with a line, or null and the item as JSON, which is empty if the line is not an item.
    /// </summary>
    internal string? FaultOf(ReadOnlyMemory<byte> line, out ReadOnlyMemory<byte> json)
    {
        json = line;
        switch (Format)
        {
            case ItemFormat.Ndjson when line.Span.Trim(" \t\r"u8).IsEmpty:
                json = default;
                return null;
            case ItemFormat.Ndjson:
                json = RawJson.Check(line) ?? default;
                return !json.IsEmpty ? null
                    : RawJson.IsTooDeep(line.Span) ? $"the line is {RawJson.TooDeep}"
                    : "the line is not JSON";
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
