using System.Net;
using System.Net.Http.Headers;

namespace OrleansTasks.Bench.Harness;

/// <summary>A body that sends one line again and again, as fast as it is taken.</summary>
public sealed class EndlessItems : HttpContent
{
    private const int LinesABlock = 256;
    private readonly byte[] block;
    private readonly long blocks;

    /// <summary>Prepares to send a line, without its line feed, at least so many times.</summary>
    public EndlessItems(byte[] line, long items)
    {
        block = [.. Enumerable.Repeat<byte[]>([.. line, (byte)'\n'], LinesABlock).SelectMany(static bytes => bytes)];
        blocks = (items + LinesABlock - 1) / LinesABlock;
        Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
    }

    /// <summary>How many items that is.</summary>
    public long Items => blocks * LinesABlock;

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        for (var i = 0L; i < blocks; i++)
            await stream.WriteAsync(block);
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = blocks * block.Length;
        return true;
    }
}
