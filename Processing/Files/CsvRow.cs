namespace OrleansTasks.Processing.Files;

/// <summary>A row of CSV without quotes that has one field for each column.</summary>
/// <param name="text">The text that begins with the row.</param>
/// <param name="starts">The start of each field, and one more entry: the position after the row's line feed.</param>
internal readonly ref struct CsvRow(ReadOnlySpan<byte> text, ReadOnlySpan<int> starts)
{
    private readonly ReadOnlySpan<byte> text = text;
    private readonly ReadOnlySpan<int> starts = starts;

    /// <summary>The bytes of a field.</summary>
    public ReadOnlySpan<byte> this[int column] => text[starts[column]..(starts[column + 1] - 1)];

    /// <summary>
    /// Whether a field cannot be a number, since it begins with neither a digit nor a minus sign.
    /// For an empty field, this reads its comma or line feed.
    /// </summary>
    public bool IsWord(int column) => !(char.IsAsciiDigit((char)text[starts[column]]) || text[starts[column]] == '-');

    /// <summary>Reads a field that is an integer of at most 18 digits. Returns false for anything else.</summary>
    public bool TryReadInteger(int column, out long value) => Numbers.TryReadInteger(text, starts[column], starts[column + 1] - 1, out value);
}
