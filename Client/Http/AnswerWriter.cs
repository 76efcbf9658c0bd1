using System.Diagnostics.Metrics;
using System.IO.Pipelines;

namespace OrleansTasks.Client.Http;

/// <summary>
/// Sends an answer piece by piece, each when the one before is handed to the network, and cuts the connection of a
/// reader that is too slow. Kestrel's own limit does not: it allows each write a second per 240 bytes, and adds up what
/// earlier writes did not use.
/// </summary>
/// <param name="context">The call.</param>
/// <param name="time">The clock.</param>
/// <param name="cut">Counts the connections that were cut.</param>
internal sealed class AnswerWriter(HttpContext context, TimeProvider time, Counter<long> cut)
{
    private const int Piece = 32 * 1024;
    private readonly long began = time.GetTimestamp();
    private long sent;

    /// <summary>Whether the reader may pause for minutes, and read at any speed.</summary>
    public bool IsDownload { get; init; }

    /// <summary>Sends bytes; returns when the network has taken all but a piece of them.</summary>
    public async ValueTask Write(ReadOnlyMemory<byte> bytes)
    {
        var aborted = context.RequestAborted;
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(Piece, bytes.Length)];
            var flushed = context.Response.BodyWriter.WriteAsync(piece, aborted);
            sent += piece.Length;
            if (flushed.IsCompleted)
                await flushed;
            else
                await Finish(flushed);
            aborted.ThrowIfCancellationRequested();
            bytes = bytes[piece.Length..];
        }
    }

    private async ValueTask Finish(ValueTask<FlushResult> flushed)
    {
        using var limit = time.CreateTimer(
            static state => ((AnswerWriter)state!).Cut(), this, Patience(), Timeout.InfiniteTimeSpan);
        await flushed;
    }

    // Zero if the reader is too far behind already.
    private TimeSpan Patience()
    {
        if (IsDownload)
            return ServiceLimits.DownloadStall;
        var stall = ServiceLimits.AnswerStall;
        var left = stall + TimeSpan.FromSeconds(sent / (double)ServiceLimits.LeastBytesPerSecond)
            - time.GetElapsedTime(began);
        return left < TimeSpan.Zero ? TimeSpan.Zero : left < stall ? left : stall;
    }

    private void Cut()
    {
        cut.Add(1);
        context.Abort();
    }
}
