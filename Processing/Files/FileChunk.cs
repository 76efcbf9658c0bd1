using Microsoft.Win32.SafeHandles;
using OrleansTasks.Processing.Chunks;
using OrleansTasks.Processing.Lines;

namespace OrleansTasks.Processing.Files;

/// <summary>
/// Reads a chunk's part of a file. A part is a range of bytes and has the lines, or rows of CSV, that begin in it.
/// Adjacent parts thus have every line exactly once, wherever they meet.
/// </summary>
public static class FileChunk
{
    /// <summary>Whether a chunk's items are a part of a file.</summary>
    public static bool IsOne(ItemFormat format) => format is ItemFormat.FileLines or ItemFormat.FileNdjson or ItemFormat.FileCsv;

    /// <summary>
    /// Reads the lines, or the rows of a CSV file. Throws <see cref="FileChangedException"/>, and
    /// <see cref="IOException"/> for a file that cannot be read as text of its format.
    /// </summary>
    /// <param name="input">The chunk: the first byte, the number of bytes, and the file.</param>
    /// <param name="open">Opens a file for reading; may throw <see cref="IOException"/>.</param>
    /// <param name="quotes">What is known of the quotes of CSV files.</param>
    /// <param name="cancellation">Ends the reading early.</param>
    public static ChunkInput Load(
        in ChunkInput input, Func<string, SafeFileHandle> open, FileQuotes quotes, CancellationToken cancellation)
    {
        using var bytes = SourceBytes.Of(open(FileOf(input).Path));
        return Load(input, bytes, quotes, cancellation);
    }

    /// <summary>
    /// Reads the lines, or the rows of a CSV file, as above. Also throws <see cref="AbsentBytesException"/> if bytes that it needs are not
    /// there; it may be called again when they are.
    /// </summary>
    /// <param name="input">The chunk: the first byte, the number of bytes, and the file.</param>
    /// <param name="bytes">The bytes of the file.</param>
    /// <param name="quotes">What is known of the quotes of CSV files.</param>
    /// <param name="cancellation">Ends the reading early.</param>
    public static ChunkInput Load(
        in ChunkInput input, SourceBytes bytes, FileQuotes quotes, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        var file = FileOf(input);
        ThrowIfChanged(bytes, file);
        ChunkInput loaded;
        try
        {
            ThrowIfUnreadable(bytes);
            // Positions in the source include the bytes of earlier files.
            var inFile = input with { First = input.First - file.Start };
            loaded = input.Format == ItemFormat.FileCsv
                ? Rows(inFile, file, bytes, quotes, cancellation)
                : Lines(inFile, bytes);
            loaded = loaded with { First = input.First };
        }
        catch (IOException) when (HasChanged(bytes, file))
        {
            // Whatever is wrong with the text, it may not be the file's.
            throw new FileChangedException();
        }

        // A change during the reading may be part of what was read.
        ThrowIfChanged(bytes, file);
        return loaded;
    }

    /// <summary>Returns the file that a chunk names. Throws <see cref="FormatException"/> if it names none.</summary>
    public static FilePart FileOf(in ChunkInput input)
    {
        var reader = new ByteReader(input.Segment.Span);
        return FilePart.Read(ref reader);
    }

    private static bool HasChanged(SourceBytes bytes, FilePart file) =>
        bytes.Length != file.Size || (!file.IsStored && bytes.Modified != file.Modified);

    private static void ThrowIfChanged(SourceBytes bytes, FilePart file)
    {
        if (HasChanged(bytes, file))
            throw new FileChangedException();
    }

    private static void ThrowIfUnreadable(SourceBytes bytes)
    {
        Span<byte> head = stackalloc byte[TextLines.Head];
        if (TextLines.FaultOf(head[..bytes.Fill(head, 0)]) is { } fault)
            throw new IOException($"The file {fault}.");
    }

    private static ChunkInput Lines(in ChunkInput input, SourceBytes bytes)
    {
        var text = new FileText(bytes, input.First, input.Items);
        text.ThrowIfShort(input.Items);
        var begin = input.First == 0 ? 0 : text.AfterLine();
        text.EndLine(begin);
        if (input.First == 0)
            begin = text.AfterMark();
        var lines = TextLines.Repaired(text.From(begin));
        if (input.Format == ItemFormat.FileNdjson)
            return new ChunkInput(ItemFormat.Ndjson, input.First, Count(lines), lines);
        lines = TextLines.WithoutReturns(lines, text.IsOpen);
        return new ChunkInput(ItemFormat.Text, input.First, Count(lines), lines);
    }

    private static ChunkInput Rows(
        in ChunkInput input, FilePart file, SourceBytes bytes, FileQuotes quotes, CancellationToken cancellation)
    {
        var header = FileText.Header(bytes, out var headerEnd);
        var text = new FileText(bytes, input.First, input.Items);
        text.ThrowIfShort(input.Items);
        var inHeader = input.First < headerEnd;
        var state = inHeader ? QuoteState.Start : quotes.At(file, bytes, headerEnd, input.First, cancellation);
        var begin = inHeader ? (int)Math.Min(headerEnd - input.First, text.Length) : text.AfterRow(ref state);
        text.EndRow(begin, ref state);
        if (input.First + text.Length >= headerEnd)
            quotes.Note(file, input.First + text.Length, state);
        var rows = CsvRows.Of(TextLines.Repaired(text.From(begin)), text.Rows, text.IsOpen);
        return new ChunkInput(ItemFormat.Csv, input.First, text.Rows, rows.Text)
        {
            Header = header,
            AreSplit = rows.AreSplit,
            HasReturns = rows.HasReturns,
        };
    }

    private static long Count(ReadOnlyMemory<byte> lines) => lines.Span.Count((byte)'\n');
}
