using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using OrleansTasks.Cli.Api;

namespace OrleansTasks.Cli.Tasks;

/// <summary>Reads a task's log as the gateway sends it: in the order in which the output arrived.</summary>
internal static class LogReader
{
    /// <summary>
    /// Reads until the end of the log. Nothing is lost if the gateway restarts or a proxy cuts the connection: the stream
    /// resumes behind the last piece that the caller has finished with, and may repeat that piece.
    /// </summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="path">The path of the log, with its query.</param>
    /// <param name="cancellation">Ends the reading early.</param>
    public static async IAsyncEnumerable<LogPiece> Read(
        Gateway gateway, string path, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? last = null;
        var patience = new Patience(TimeProvider.System);
        while (true)
        {
            Exception? lost = null;
            IAsyncEnumerator<SseItem<string>>? events = null;
            Stream? stream = null;
            try
            {
                while (true)
                {
                    try
                    {
                        stream ??= await gateway.Events(path, last, cancellation);
                        events ??= SseParser.Create(stream).EnumerateAsync(cancellation).GetAsyncEnumerator(cancellation);
                        if (!await events.MoveNextAsync())
                            break;
                    }
                    // 429: too many streams are open, possibly because the broken one still counts.
                    catch (Exception e) when (Patience.IsPassing(e) || e is RefusedException { Status: 429 })
                    {
                        lost = e;
                        break;
                    }

                    var happened = events.Current;
                    if (happened.EventType == "end")
                        yield break;
                    if (LogPiece.Read(happened) is { } piece)
                        yield return piece;
                    // Advance only once the caller has dealt with the piece, because a resumed stream begins behind it.
                    if (happened.EventId is { } came && came != last)
                    {
                        last = came;
                        patience.Restore();
                    }
                }
            }
            finally
            {
                if (events is not null)
                    await events.DisposeAsync();
                if (stream is not null)
                    await stream.DisposeAsync();
            }

            // Try again; the next round shows whether the stream comes back.
            if (await patience.Bear(cancellation))
                continue;
            if (lost is not null)
                ExceptionDispatchInfo.Throw(lost);
            throw new IOException("the log stream ended several times in a row before the task ended.");
        }
    }
}
