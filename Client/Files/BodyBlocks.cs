using System.Buffers;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Files;

/// <summary>Reads a body of any length in blocks. It must keep up the average rate of large bodies.</summary>
/// <param name="context">The call.</param>
/// <param name="time">The clock.</param>
internal sealed class BodyBlocks(HttpContext context, TimeProvider time)
{
    private readonly long began = time.GetTimestamp();
    private long received;
    private bool isEnded;

    /// <summary>The room that the next block needs: that of a whole block, unless the rest of the body is known to be smaller.</summary>
    public int NextSize => (int)Math.Clamp((context.Request.ContentLength ?? long.MaxValue) - received, 1, ServiceLimits.FileBlockBytes);

    /// <summary>Fills a block, unless the body ends before. Returns the number of bytes, 0 at the end of the body.</summary>
    /// <exception cref="ProblemException">408: the body stalls. 400: its framing is broken.</exception>
    public async ValueTask<int> Read(Memory<byte> block)
    {
        var filled = 0;
        while (filled < block.Length && !isEnded)
        {
            var read = await RequestBody.ReadLarge(context, time, received, began);
            var taken = (int)Math.Min(read.Buffer.Length, block.Length - filled);
            read.Buffer.Slice(0, taken).CopyTo(block.Span[filled..]);
            filled += taken;
            received += taken;
            isEnded = read.IsCompleted && taken == read.Buffer.Length;
            context.Request.BodyReader.AdvanceTo(read.Buffer.GetPosition(taken));
        }

        return filled;
    }
}
