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

    /// <summary>What is wrong with a line that is no JSON.</summary>
    internal const string NoJson = "the line is no JSON";

    /// <summary>A line's item as JSON, or what is wrong with it. Neither for a line that means nothing.</summary>
    internal string? FaultOf(ReadOnlyMemory<byte> line, out ReadOnlyMemory<byte> json)
    {
        json = line;
        if (Format == ItemFormat.Json || line.Span.Trim(" \t\r"u8).IsEmpty)
        {
            json = Format == ItemFormat.Ndjson ? default : line;
            return null;
        }

        if (Header is not { } header)
        {
            json = JsonText.Check(line) ?? default;
            return json.IsEmpty ? NoJson : null;
        }

        if (header.FaultOf(line) is { } fault)
            return fault;
        json = header.ToJson(line);
        return null;
    }
}
