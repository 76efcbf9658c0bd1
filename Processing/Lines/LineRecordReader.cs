using OrleansTasks.Processing.Files;

namespace OrleansTasks.Processing.Lines;

/// <summary>
/// Reads a text from a stream, line by line as <see cref="TextLines"/> defines them, or row by row of CSV. For one
/// reader at a time.
/// </summary>
/// <param name="source">The text.</param>
/// <param name="isCsv">Whether to read rows of CSV, which may have line breaks in quotes.</param>
public sealed class LineRecordReader(Stream source, bool isCsv)
{
    /// <summary>The maximum length of a line or row, in bytes.</summary>
    public const int Longest = 16 << 20;

    private byte[] bytes = new byte[64 * 1024];
    private int start;
    private int end;
    private bool isAtEnd;
    private bool isPastMark;

    // How much of the first record is known not to end it, and the state of its quotes there.
    private int passed;
    private QuoteState state = QuoteState.Start;

    /// <summary>The number of lines or rows taken.</summary>
    public long Taken { get; private set; }

    /// <summary>
    /// Reads more of the text, after <see cref="TryTake"/> has returned false. Returns false at its end.
    /// Throws <see cref="InvalidDataException"/> if it is not a text of lines or rows; the message begins with a verb.
    /// </summary>
    public async ValueTask<bool> ReadAsync(CancellationToken cancellation)
    {
        if (isAtEnd)
            return false;
        if (start > 0)
            bytes.AsSpan(start, end - start).CopyTo(bytes);
        (start, end) = (0, end - start);
        if (end > Longest)
            throw new InvalidDataException(
                $"has a {(isCsv ? "row" : "line")} of more than {Longest} bytes: number {Taken + 1}");
        if (end == bytes.Length)
            Array.Resize(ref bytes, 2 * bytes.Length);
        var read = await source.ReadAsync(bytes.AsMemory(end), cancellation);
        end += read;
        isAtEnd = read == 0;
        if (isAtEnd && state.IsOpen)
            throw new InvalidDataException($"has a quote in row {Taken + 1} that is not closed");
        if (Taken > 0)
            return true;
        if (TextLines.FaultOf(bytes.AsSpan(0, end)) is { } fault)
            throw new InvalidDataException(fault);
        return true;
    }

    /// <summary>
    /// Takes the next line or row, without its end. Returns false if more must be read first. The bytes are overwritten
    /// by the next <see cref="ReadAsync"/>.
    /// </summary>
    public bool TryTake(out ReadOnlyMemory<byte> record)
    {
        record = default;
        if (!isPastMark && !TryPassMark())
            return false;
        var rest = bytes.AsSpan(start + passed, end - start - passed);
        var length = isCsv ? state.PassRow(rest) : rest.IndexOf((byte)'\n') + 1;
        if (length <= 0)
        {
            passed = end - start;
            if (!isAtEnd || start == end)
                return false;
            record = bytes.AsMemory(start, end - start);
            start = end;
        }
        else
        {
            length += passed;
            record = TextLines.WithoutReturn(bytes.AsMemory(start, length - 1));
            start += length;
        }

        (passed, state) = (0, QuoteState.Start);
        Taken++;
        return true;
    }

    /// <summary>Passes the byte order mark. Returns false if the rest of one may still come.</summary>
    private bool TryPassMark()
    {
        var first = bytes.AsSpan(start, end - start);
        if (!isAtEnd && first.Length < 3 && "\uFEFF"u8.StartsWith(first))
            return false;
        isPastMark = true;
        start += TextLines.MarkLength(first);
        return true;
    }
}
