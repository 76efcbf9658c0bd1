using System.Buffers;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansTasks.Api.Transport;

/// <summary>A body of items as lines of JSON, which are produced while they are sent.</summary>
internal sealed class ItemsContent<T> : HttpContent
{
    private const int BlockSize = 64 * 1024;
    private readonly IAsyncEnumerable<T> items;
    private readonly JsonTypeInfo<T> type;

    /// <summary>Creates the body.</summary>
    internal ItemsContent(IAsyncEnumerable<T> items, JsonTypeInfo<T> type)
    {
        (this.items, this.type) = (items, type);
        Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(2 * BlockSize);
        using var json = new Utf8JsonWriter(buffer);
        var source = items.GetAsyncEnumerator(cancellationToken);
        await using (source.ConfigureAwait(false))
        {
            while (true)
            {
                var next = source.MoveNextAsync();
                // What is complete is sent before a slow source is awaited.
                if (buffer.WrittenCount >= BlockSize || (buffer.WrittenCount > 0 && !next.IsCompleted))
                {
                    await stream.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
                    await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
                    buffer.ResetWrittenCount();
                }

                if (!await next.ConfigureAwait(false))
                    break;
                JsonSerializer.Serialize(json, source.Current, type);
                json.Flush();
                json.Reset();
                buffer.Write("\n"u8);
            }
        }

        await stream.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
