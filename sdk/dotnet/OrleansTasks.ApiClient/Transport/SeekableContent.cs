using System.Net;
using System.Net.Http.Headers;

namespace OrleansTasks.ApiClient.Transport;

/// <summary>The bytes of a stream from a position on. Each try reads them again, and leaves the stream open.</summary>
internal sealed class SeekableContent : HttpContent
{
    private readonly Stream stream;
    private readonly long start;

    /// <summary>Creates the content.</summary>
    public SeekableContent(Stream stream, long start)
    {
        (this.stream, this.start) = (stream, start);
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        this.stream.Position = start;
        return this.stream.CopyToAsync(stream, cancellationToken);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = stream.Length - start;
        return true;
    }
}
