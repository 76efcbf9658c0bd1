using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace OrleansTasks.Cli.Jobs;

/// <summary>
/// Items for a job as a request's body, read while it is sent, however long it is: NDJSON as it comes, or lines of text that become
/// JSON texts on the way.
/// </summary>
internal sealed class ItemsContent : HttpContent
{
    private const int BlockSize = 64 * 1024;
    private static readonly byte[] LineEnd = [(byte)'\n'];
    private readonly Stream source;
    private readonly bool lines;

    /// <summary>Makes one; <paramref name="lines"/> says whether every line is a text item.</summary>
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
            // What comes slowly is sent as it comes.
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
