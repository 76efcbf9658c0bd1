namespace OrleansTasks.Processing.Files;

/// <summary>A row of CSV that has no quotes and a field for each column.</summary>
/// <param name="text">The text that begins with the row.</param>
/// <param name="starts">Where each field begins; one entry more, behind the row's line feed.</param>
internal readonly ref struct CsvRow(ReadOnlySpan<byte> text, ReadOnlySpan<int> starts)
{
    private readonly ReadOnlySpan<byte> text = text;
    private readonly ReadOnlySpan<int> starts = starts;

    /// <summary>A field's bytes.</summary>
    public ReadOnlySpan<byte> this[int column] => text[starts[column]..(starts[column + 1] - 1)];

    /// <summary>Whether a field is a text that cannot be mistaken for a number: it does not begin like one.</summary>
    public bool IsWord(int column) => !(char.IsAsciiDigit((char)text[starts[column]]) || text[starts[column]] == '-');

    /// <summary>Reads a field that is an integer of at most 18 digits; false for anything else.</summary>
    public bool TryReadInteger(int column, out long value) => Numbers.TryReadInteger(text, starts[column], starts[column + 1] - 1, out value);
}
