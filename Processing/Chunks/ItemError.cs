namespace OrleansTasks.Processing.Chunks;

/// <summary>An error of one item.</summary>
/// <param name="Item">The item's place in the source, from 0; for a range, the integer itself.</param>
/// <param name="Message">What is wrong with the item.</param>
/// <param name="Value">The beginning of the item.</param>
public sealed record ItemError(long Item, string Message, string Value)
{
    private const int LongestMessage = 1_000;

    internal void Write(ByteWriter writer)
    {
        writer.Signed(Item);
        writer.Text(Message);
        writer.Text(Value);
    }

    internal static ItemError Read(ref ByteReader reader) => new(
        reader.Signed(), ChunkReport.Shorten(reader.Text() ?? "", LongestMessage), ResultFold.Shorten(reader.Text() ?? ""));
}
