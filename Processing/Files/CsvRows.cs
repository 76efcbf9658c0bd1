using OrleansTasks.Processing.Lines;

namespace OrleansTasks.Processing.Files;

/// <summary>The rows of a part of a CSV text, each ended by a line feed alone.</summary>
/// <param name="Text">The rows.</param>
/// <param name="AreSplit">Whether a row has a line feed in quotes.</param>
/// <param name="HasReturns">Whether a carriage return is left, in quotes or not.</param>
internal readonly record struct CsvRows(ReadOnlyMemory<byte> Text, bool AreSplit, bool HasReturns)
{
    /// <summary>Removes the carriage returns from the ends of whole rows.</summary>
    /// <param name="rows">The rows, each ended by a line feed.</param>
    /// <param name="count">The number of rows.</param>
    /// <param name="isOpen">
    /// Whether the last line feed was added, so that nothing before it belongs to a line's end.
    /// </param>
    public static CsvRows Of(ReadOnlyMemory<byte> rows, long count, bool isOpen)
    {
        var areSplit = rows.Span.Count((byte)'\n') != count;
        if (!rows.Span.Contains((byte)'\r'))
            return new CsvRows(rows, areSplit, false);
        var kept = areSplit ? WithoutReturns(rows.Span, isOpen) : TextLines.WithoutReturns(rows, isOpen);
        return new CsvRows(kept, areSplit, kept.Span.Contains((byte)'\r'));
    }

    /// <summary>Keeps the carriage returns before line feeds in quotes.</summary>
    private static ReadOnlyMemory<byte> WithoutReturns(ReadOnlySpan<byte> rows, bool isOpen)
    {
        var kept = new byte[rows.Length];
        var used = 0;
        while (!rows.IsEmpty)
        {
            var length = QuoteState.RowLength(rows);
            var row = rows[..(length - 1)];
            rows = rows[length..];
            if (row is [.., (byte)'\r'] && !(isOpen && rows.IsEmpty))
                row = row[..^1];
            row.CopyTo(kept.AsSpan(used));
            used += row.Length;
            kept[used++] = (byte)'\n';
        }

        return kept.AsMemory(0, used);
    }
}
