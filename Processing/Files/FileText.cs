using OrleansTasks.Processing.Lines;

namespace OrleansTasks.Processing.Files;

/// <summary>The bytes of a part of a file, and the rest of the last line or row that begins in it.</summary>
internal sealed class FileText
{
    private const int Step = 64 * 1024;
    private const int LongestLine = 16 << 20;
    private readonly SourceBytes file;
    private readonly long first;
    private byte[] bytes;
    private int used;

    /// <summary>Reads the part.</summary>
    public FileText(SourceBytes file, long first, long count)
    {
        (this.file, this.first) = (file, first);
        // Has room for the rest of the last line, which would otherwise cost a copy of everything.
        bytes = GC.AllocateUninitializedArray<byte>(checked((int)count) + Step);
        Length = used = file.Fill(bytes.AsSpan(0, (int)count), first);
    }

    /// <summary>The length of the part.</summary>
    public int Length { get; }

    /// <summary>The part.</summary>
    public ReadOnlySpan<byte> Bytes => bytes.AsSpan(0, Length);

    /// <summary>
    /// Throws <see cref="IOException"/> if the file has fewer bytes than its size says, as files of the system do.
    /// </summary>
    public void ThrowIfShort(long count)
    {
        if (Length < count)
            throw new IOException($"The file has only {first + Length} bytes, fewer than its size says.");
    }

    /// <summary>Whether the file ends without a line feed, which was added.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>The number of rows, once <see cref="EndRow"/> has read the last one.</summary>
    public long Rows { get; private set; }

    /// <summary>
    /// Reads the first row of a CSV file and returns the columns that it names, and where the second row begins.
    /// </summary>
    public static CsvHeader Header(SourceBytes file, out long end)
    {
        var text = new FileText(file, 0, Step);
        var mark = TextLines.MarkLength(text.Bytes);
        var state = QuoteState.Start;
        var length = state.PassRow(text.Bytes[mark..]);
        if (length < 0 && text.Bytes.Contains((byte)'\r') && !text.Bytes.ContainsAny((byte)'"', (byte)'\n'))
            throw new IOException(CsvHeader.HasReturn);
        if (length < 0)
            text.EndOpenRow(mark, ref state);
        else
            text.used = mark + length;
        end = text.IsOpen ? text.used - 1 : text.used;
        var row = TextLines.Repaired(text.From(mark))[..^1];
        return new CsvHeader((text.IsOpen ? row : TextLines.WithoutReturn(row)).Span);
    }

    /// <summary>
    /// Returns the place at which the file's first line begins: after the byte order mark. A file with nothing else has
    /// no line.
    /// </summary>
    public int AfterMark() =>
        TextLines.MarkLength(bytes.AsSpan(0, used)) is var mark && mark > 0 && IsOpen && used == mark + 1 ? used : mark;

    /// <summary>Returns the place at which the first line begins; the part's length if none does.</summary>
    public int AfterLine()
    {
        var before = (byte)0;
        file.Fill(new Span<byte>(ref before), first - 1);
        return before == '\n' ? 0
            : Bytes.IndexOf((byte)'\n') is var end and >= 0 ? end + 1
            : Length;
    }

    /// <summary>Returns the place at which the first row begins; the part's length if none does.</summary>
    /// <param name="state">The state at the beginning of the part. Becomes that at the returned place.</param>
    public int AfterRow(ref QuoteState state) =>
        state.IsRowStart ? 0
        : state.PassRow(Bytes) is var end and >= 0 ? end
        : Length;

    /// <summary>Reads the rest of the last line.</summary>
    /// <param name="begin">Where the part's first line begins.</param>
    public void EndLine(int begin)
    {
        if (begin >= Length || bytes[Length - 1] == '\n')
            return;
        for (var from = used; TryGrow(begin); from = used)
        {
            if (bytes.AsSpan(from, used - from).IndexOf((byte)'\n') is var end and >= 0)
            {
                used = from + end + 1;
                return;
            }
        }
    }

    /// <summary>Reads the rest of the last row.</summary>
    /// <param name="begin">Where the part's first row begins.</param>
    /// <param name="state">The state there. Becomes that at the end of the part.</param>
    public void EndRow(int begin, ref QuoteState state)
    {
        if (begin >= Length)
            return;
        var part = bytes.AsSpan(begin, Length - begin);
        if (!part.Contains((byte)'"'))
        {
            Rows = part.Count((byte)'\n');
            begin += part.LastIndexOf((byte)'\n') + 1;
        }

        for (; begin < Length && state.PassRow(bytes.AsSpan(begin, Length - begin)) is var length and >= 0; Rows++)
        {
            ThrowIfTooLong(begin, length);
            begin += length;
        }

        if (begin == Length)
            return;
        var later = state;
        EndOpenRow(begin, ref later);
        Rows++;
    }

    /// <summary>Returns the whole lines from a place on.</summary>
    public ReadOnlyMemory<byte> From(int begin) => begin < used ? bytes.AsMemory(begin, used - begin) : default;

    /// <summary>Reads on to the end of a row that has begun.</summary>
    private void EndOpenRow(int begin, ref QuoteState state)
    {
        for (var from = used; ; from = used)
        {
            ThrowIfTooLong(begin, used - begin);
            if (!TryGrow(begin))
                break;
            if (state.PassRow(bytes.AsSpan(from, used - from)) is var length and >= 0)
            {
                used = from + length;
                ThrowIfTooLong(begin, used - begin);
                return;
            }
        }

        if (state.IsOpen)
            throw new IOException($"The row at byte {first + begin} has a quote that is not closed.");
    }

    /// <summary>Reads on. At the end of the file, adds a line feed and returns false.</summary>
    private bool TryGrow(int begin)
    {
        if (used - begin > LongestLine + Length)
            throw new IOException($"A line of the file has more than {LongestLine} bytes.");
        // Twice as much each time, so that a long line is copied a few times only.
        if (used == bytes.Length)
            Array.Resize(ref bytes, checked(2 * bytes.Length));
        var read = file.Read(bytes.AsSpan(used), first + used);
        used += read;
        if (read > 0)
            return true;
        IsOpen = true;
        bytes[used++] = (byte)'\n';
        return false;
    }

    private void ThrowIfTooLong(int begin, int length)
    {
        if (length > FileQuotes.LongestSplitRow && bytes.AsSpan(begin, length - 1).Contains((byte)'\n'))
            throw new IOException(
                $"The row at byte {first + begin} has line breaks in quotes and more than {FileQuotes.LongestSplitRow} bytes. "
                + "Is a quote not closed?");
    }
}
