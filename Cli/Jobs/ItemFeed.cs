using System.Buffers;
using System.IO.Pipelines;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;

namespace OrleansTasks.Cli.Jobs;

/// <summary>
/// Sends items to a job under one upload. The lines of a request stay in memory until the gateway has answered that they
/// are on disk. If it does not, the same request is sent again, through whatever gateway then answers; the job skips the
/// items that it has. So the feed outlives restarts of gateways and silos, and each item counts once.
/// </summary>
/// <param name="gateway">The gateway.</param>
/// <param name="job">The job's id.</param>
/// <param name="upload">The upload's id, a UUID.</param>
/// <param name="errors">Receives messages about waits.</param>
/// <param name="time">The clock.</param>
internal sealed class ItemFeed(Gateway gateway, string job, string upload, TextWriter errors, TimeProvider time)
{
    /// <summary>About the most bytes of a request. The source is read ahead by as much again.</summary>
    private const int MostBytes = 4 << 20;

    private static readonly MediaTypeHeaderValue Lines = new("application/x-ndjson");

    private readonly Pipe source = new(
        new PipeOptions(pauseWriterThreshold: 2 * MostBytes, resumeWriterThreshold: MostBytes));

    private long linesBefore;

    /// <summary>The number of the upload's items that are on disk.</summary>
    public long Accepted { get; private set; }

    /// <summary>Sends all items. If the upload has some of them already, continues after those.</summary>
    /// <exception cref="SourceFault">The source cannot be read further.</exception>
    /// <exception cref="RefusedException">The gateway refuses the items.</exception>
    /// <exception cref="OutOfReachException">The service took nothing for too long.</exception>
    public async Task Send(ItemsContent items, CancellationToken cancellation)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        // Not awaited at the end: a read of a terminal does not end before the next line.
        _ = Fill(items, ends.Token);
        try
        {
            Accepted = await Post([], 0, cancellation);
            var (offset, skipped) = (0L, Accepted);
            while (true)
            {
                var read = await source.Reader.ReadAsync(cancellation);
                var taken = Take(read.Buffer, read.IsCompleted);
                var block = taken.ToArray();
                var isLast = read.IsCompleted && taken.Length == read.Buffer.Length;
                source.Reader.AdvanceTo(taken.End, taken.IsEmpty ? read.Buffer.End : taken.End);
                var (lines, count) = Count(block);
                if (count > 0 && offset + count > skipped)
                    Accepted = Math.Max(Accepted, await Post(block, offset, cancellation));
                (offset, linesBefore) = (offset + count, linesBefore + lines);
                if (isLast)
                    return;
            }
        }
        finally
        {
            await ends.CancelAsync();
        }
    }

    private async Task Fill(ItemsContent items, CancellationToken cancellation)
    {
        Exception? fault = null;
        try
        {
            await items.CopyToAsync(source.Writer.AsStream(leaveOpen: true), cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The sender has ended, and reads no more.
        }
        catch (Exception e)
        {
            fault = new SourceFault(e is HttpRequestException { InnerException: { } cause } ? cause : e);
        }

        await source.Writer.CompleteAsync(fault);
    }

    /// <summary>
    /// Returns the complete lines of the buffer, up to about <see cref="MostBytes"/>, or everything if there is no
    /// complete line within them.
    /// </summary>
    private static ReadOnlySequence<byte> Take(ReadOnlySequence<byte> buffer, bool isLast)
    {
        var most = buffer.Slice(0, Math.Min(buffer.Length, MostBytes));
        if (isLast && most.Length == buffer.Length)
            return buffer;
        var end = most.Start;
        var reader = new SequenceReader<byte>(most);
        while (reader.TryAdvanceTo((byte)'\n'))
            end = reader.Position;
        var lines = most.Slice(0, end);
        return lines.IsEmpty && most.Length == MostBytes ? most : lines;
    }

    /// <summary>Counts lines, and those that are items: the gateway ignores lines of white space.</summary>
    private static (long Lines, long Items) Count(ReadOnlySpan<byte> block)
    {
        var (lines, items) = (0L, 0L);
        foreach (var line in block.Split((byte)'\n'))
        {
            lines++;
            items += block[line].ContainsAnyExcept(" \t\r"u8) ? 1 : 0;
        }

        // The last line feed ends a line and begins none.
        return (block is [.., (byte)'\n'] ? lines - 1 : lines, items);
    }

    /// <summary>Posts lines until they are taken. Returns how many items of the upload are on disk.</summary>
    private async Task<long> Post(byte[] block, long offset, CancellationToken cancellation)
    {
        var isRepeat = false;
        try
        {
            return AcceptedIn(await new FeedPatience(errors, time, () => Accepted).Repeat(Try, cancellation));
        }
        catch (RefusedException refusal)
        {
            throw WithLine(refusal);
        }

        async Task<JsonNode> Try()
        {
            // A slow job may have taken a part of the lines before a request failed: that is progress.
            if (isRepeat)
                Accepted = Math.Max(Accepted, AcceptedIn(await PostOnce([], 0)));
            isRepeat = block.Length > 0;
            return await PostOnce(block, offset);
        }

        Task<JsonNode> PostOnce(byte[] lines, long from) => gateway.PostContent(
            $"/api/v1/jobs/{PathSegment.OfId(job)}/items?upload={upload}&offset={from}",
            new ByteArrayContent(lines) { Headers = { ContentType = Lines } }, cancellation);
    }

    private static long AcceptedIn(JsonNode answer) => answer.Whole("accepted");

    /// <summary>A refusal names a line of its request: adds the lines of the requests before.</summary>
    private RefusedException WithLine(RefusedException refusal)
    {
        const string Start = "Line ";
        var text = refusal.Message;
        var end = text.StartsWith(Start, StringComparison.Ordinal) ? text.IndexOf(':', StringComparison.Ordinal) : -1;
        return linesBefore > 0 && end > 0 && long.TryParse(text.AsSpan(Start.Length, end - Start.Length), out var line)
            ? new RefusedException($"{Start}{linesBefore + line}{text[end..]}", refusal.Status, refusal.Document)
            : refusal;
    }
}
