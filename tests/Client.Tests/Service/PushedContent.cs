using System.Net;
using System.Text;
using System.Threading.Channels;

namespace OrleansTasks.Client.Tests.Service;

/// <summary>A request body whose pieces are on their way as soon as they are pushed.</summary>
internal sealed class PushedContent : HttpContent
{
    private readonly Channel<string> pieces = Channel.CreateUnbounded<string>();

    public PushedContent(string type) => Headers.TryAddWithoutValidation("Content-Type", type);

    public void Push(string piece) => pieces.Writer.TryWrite(piece);

    public void End() => pieces.Writer.TryComplete();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.FlushAsync();
        await foreach (var piece in pieces.Reader.ReadAllAsync())
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(piece));
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
