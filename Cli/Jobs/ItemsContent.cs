using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Lines;

namespace OrleansTasks.Cli.Jobs;

/// <summary>
/// A request body with items for a job, read from the source while it is sent, so it may be of any length. The source
/// is NDJSON, lines of text, or CSV; the last two are converted to JSON.
/// </summary>
internal sealed class ItemsContent : HttpContent
{
    /// <summary>The formats that <c>--format</c> names.</summary>
    public const string Lines = "lines", Ndjson = "ndjson", Csv = "csv";

    private const int BlockSize = 64 * 1024;
    private readonly Stream source;
    private readonly string format;

    /// <summary>Creates the body.</summary>
    /// <param name="source">The text.</param>
    /// <param name="format">Its format, a constant of this class.</param>
    public ItemsContent(Stream source, string format)
    {
        (this.source, this.format) = (source, format);
        Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var records = new LineRecordReader(source, format == Csv);
        var items = new ArrayBufferWriter<byte>(2 * BlockSize);
        CsvHeader? header = null;
        while (await More(records, cancellationToken))
        {
            // Whatever has been read is sent before more is read, so that items from a slow source are not held back.
            while (records.TryTake(out var record))
            {
                if (format == Ndjson)
                    WriteLine(items, record.Span);
                else if (format == Lines)
                    WriteText(items, record);
                else if (header is null)
                    header = HeaderOf(record);
                else if (!record.IsEmpty)
                    WriteRow(items, header, TextLines.Repaired(record), records.Taken);
                if (items.WrittenCount < BlockSize)
                    continue;
                await stream.WriteAsync(items.WrittenMemory, cancellationToken);
                items.ResetWrittenCount();
            }

            await stream.WriteAsync(items.WrittenMemory, cancellationToken);
            items.ResetWrittenCount();
        }
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            source.Dispose();
        base.Dispose(disposing);
    }

    private static async ValueTask<bool> More(LineRecordReader records, CancellationToken cancellation)
    {
        try
        {
            return await records.ReadAsync(cancellation);
        }
        catch (InvalidDataException fault)
        {
            throw new UsageException($"--from: the source {fault.Message}.");
        }
    }

    private static void WriteText(ArrayBufferWriter<byte> items, ReadOnlyMemory<byte> line)
    {
        // Bytes that are not UTF-8 become U+FFFD.
        using (var json = new Utf8JsonWriter(items))
            json.WriteStringValue(TextLines.Repaired(line).Span);
        items.Write("\n"u8);
    }

    private static void WriteLine(ArrayBufferWriter<byte> items, ReadOnlySpan<byte> json)
    {
        items.Write(json);
        items.Write("\n"u8);
    }

    private static CsvHeader HeaderOf(ReadOnlyMemory<byte> row)
    {
        try
        {
            return new CsvHeader(TextLines.Repaired(row).Span);
        }
        catch (IOException fault)
        {
            throw new UsageException($"--from: {fault.Message}");
        }
    }

    private static void WriteRow(ArrayBufferWriter<byte> items, CsvHeader header, ReadOnlyMemory<byte> row, long number)
    {
        if (header.FaultOf(row) is { } fault)
            throw new UsageException($"--from: row {number}: {fault}.");
        WriteLine(items, header.ToJson(row).Span);
    }
}
