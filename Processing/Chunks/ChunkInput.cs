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
}
