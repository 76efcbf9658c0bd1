using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace OrleansTasks.Cli.Jobs;

/// <summary>
/// A request body with items for a job, read from the source while it is sent, so it may be of any length. The source
/// is NDJSON, or lines of text that are converted to JSON strings.
/// </summary>
internal sealed class ItemsContent : HttpContent
{
    private const int BlockSize = 64 * 1024;
    private static readonly byte[] LineEnd = [(byte)'\n'];
    private readonly Stream source;
    private readonly bool lines;

    /// <summary>Creates the body. With <paramref name="lines"/>, every line is a text item.</summary>
    public ItemsContent(Stream source, bool lines)
    {
        (this.source, this.lines) = (source, lines);
        Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (!lines)
        {
            await source.CopyToAsync(stream, cancellationToken);
            return;
        }

        using var reader = new StreamReader(source, leaveOpen: true);
        var buffer = new ArrayBufferWriter<byte>(2 * BlockSize);
        using var json = new Utf8JsonWriter(buffer);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            json.WriteStringValue(line);
            json.Flush();
            json.Reset();
            buffer.Write(LineEnd);
            // Send at once if no more input is available, so that items from a slow source are not held back.
            if (buffer.WrittenCount < BlockSize && reader.Peek() >= 0)
                continue;
            await stream.WriteAsync(buffer.WrittenMemory, cancellationToken);
            buffer.ResetWrittenCount();
        }

        await stream.WriteAsync(buffer.WrittenMemory, cancellationToken);
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
}
