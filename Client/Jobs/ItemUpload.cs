using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using OrleansTasks.Client.Http;
using OrleansTasks.Jobs;
using OrleansTasks.Processing.Lines;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Jobs;

/// <summary>
/// Sends one posted stream to its job. While a block of lines is being stored, only the next one is read: if the job
/// accepts nothing, reading stops, and TCP slows the sender down. A block that was not taken, or whose outcome is
/// unknown, is sent again under the same upload and offset; the job's grain reports how much of it was taken, so no item
/// counts twice.
/// </summary>
/// <param name="job">The job.</param>
/// <param name="upload">The upload's id.</param>
/// <param name="offset">The number of the upload's items before this stream.</param>
/// <param name="isResumed">Whether the upload may have been sent before, at least in part.</param>
/// <param name="time">The clock.</param>
internal sealed class ItemUpload(IJobGrain job, TaskId upload, long offset, bool isResumed, TimeProvider time)
{
    /// <summary>Maximum number of bytes in a line.</summary>
    public const int LongestLine = ServiceLimits.LineBytes;

    private static readonly TimeSpan IdleLimit = ServiceLimits.UploadStall;
    private static readonly TimeSpan LeastPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan MostPause = TimeSpan.FromMilliseconds(100);
    private LineBlock filling = new();
    private LineBlock sending = new();
    private Task sent = Task.CompletedTask;
    private long line;
    private string? startFault;

    /// <summary>The number of the upload's items before the block that is sent next.</summary>
    private long position = offset;

    /// <summary>The number of the upload's items that are on disk.</summary>
    public long Accepted { get; private set; }

    /// <summary>
    /// Reads to the end of the body and stores everything. Throws a <see cref="ProblemException"/>; items before the
    /// fault stay accepted.
    /// </summary>
    public async Task Run(PipeReader body, CancellationToken cancellation)
    {
        await Ask(cancellation);
        Problem? fault;
        try
        {
            fault = await SendAll(body, cancellation);
        }
        catch
        {
            // Wait for the block on its way: it still counts as accepted, or its outcome is unknown.
            await sent;
            throw;
        }

        if (fault is not null)
            throw new ProblemException(fault);
    }

    /// <summary>
    /// Sends an empty block, to learn what the job has of the upload, and whether it takes items at all, before the
    /// first one arrives.
    /// </summary>
    private async Task Ask(CancellationToken cancellation)
    {
        var ask = new JobBlock(upload, 0, 0, default, isResumed);
        var (reply, _) = await FeedRepeats.Call(_ => job.Append(ask), isUnknown: false, time, cancellation);
        if (reply.Outcome != AppendOutcome.Taken)
            throw FaultOf(reply.Outcome);
        Accepted = reply.Taken;
        if (position > Accepted)
            throw new ProblemException(Problems.OffsetAhead(Accepted));
    }

    /// <summary>
    /// Sends the body's lines until the end or the first bad line; returns what is wrong with that line, or null.
    /// </summary>
    private async Task<Problem?> SendAll(PipeReader body, CancellationToken cancellation)
    {
        Problem? fault = null;
        while (fault is null)
        {
            var read = await Read(body, cancellation);
            fault = await Take(body, read.Buffer, read.IsCompleted, cancellation);
            if (read.IsCompleted)
                break;
        }

        await Swap(cancellation);
        await sent;
        return fault;
    }

    /// <summary>
    /// Waits for the next bytes. Meanwhile, sends the lines read so far, and throws if sending fails, so that a client
    /// that is waiting before it sends more learns of the failure.
    /// </summary>
    private async ValueTask<ReadResult> Read(PipeReader body, CancellationToken cancellation)
    {
        var next = body.ReadAsync(cancellation);
        if (next.IsCompleted)
            return await next;
        var read = next.AsTask();
        try
        {
            while (!read.IsCompleted && (filling.Items > 0 || !sent.IsCompletedSuccessfully))
            {
                await Task.WhenAny(read, sent);
                if (sent.IsCompleted)
                    await Swap(cancellation);
            }
        }
        catch
        {
            // A reader with a completed read must be advanced before anything else uses it. A read that failed returned
            // nothing.
            body.CancelPendingRead();
            await Task.WhenAny(read);
            if (read.IsCompletedSuccessfully)
                body.AdvanceTo((await read).Buffer.Start);
            throw;
        }

        return await read;
    }

    /// <summary>Takes the complete lines from the buffer. Returns the problem with a line, or null.</summary>
    private async ValueTask<Problem?> Take(PipeReader body, ReadOnlySequence<byte> buffer, bool isLast, CancellationToken cancellation)
    {
        while (true)
        {
            var (fault, rest) = TakeUntilFull(buffer, isLast);
            buffer = buffer.Slice(rest);
            if (fault is not null || !filling.IsFull)
            {
                body.AdvanceTo(buffer.Start, buffer.End);
                return fault;
            }

            try
            {
                await Swap(cancellation);
            }
            catch
            {
                // Whatever follows, an answer or a read of the rest, needs the reader back.
                body.AdvanceTo(buffer.Start);
                throw;
            }
        }
    }

    private (Problem? Fault, SequencePosition End) TakeUntilFull(ReadOnlySequence<byte> buffer, bool isLast)
    {
        var reader = new SequenceReader<byte>(buffer);
        if (line == 0)
            startFault = TextLines.FaultOf(buffer.FirstSpan);
        while (!filling.IsFull)
        {
            var begin = reader.Position;
            if (!reader.TryReadTo(out ReadOnlySequence<byte> text, (byte)'\n'))
            {
                if (reader.Remaining > LongestLine)
                    return (TooLong(line + 1), reader.Position);
                if (!isLast || reader.Remaining == 0)
                    return (null, begin);
                text = reader.UnreadSequence;
                reader.AdvanceToEnd();
            }

            line++;
            if (line == 1)
                text = WithoutMark(text);
            if (text.Length > LongestLine)
                return (TooLong(line), reader.Position);
            try
            {
                filling.Add(text.IsSingleSegment ? text.FirstSpan : text.ToArray());
            }
            catch (JsonException bad)
            {
                return (
                    Problems.BadLine(line, startFault is null ? StrictReader.Describe(bad) : $"The body {startFault}."),
                    reader.Position);
            }
        }

        return (null, reader.Position);
    }

    private static ReadOnlySequence<byte> WithoutMark(ReadOnlySequence<byte> start)
    {
        Span<byte> first = stackalloc byte[(int)Math.Min(start.Length, 3)];
        start.Slice(0, first.Length).CopyTo(first);
        return start.Slice(TextLines.MarkLength(first));
    }

    private static Problem TooLong(long line) =>
        Problems.BadLine(line, $"The line is longer than {LongestLine} bytes.") with { Status = 413, Code = "body-too-large" };

    /// <summary>Sends the filled block, once the previous one is stored.</summary>
    private async Task Swap(CancellationToken cancellation)
    {
        await sent;
        if (filling.Items == 0)
            return;
        (sending, filling) = (filling, sending);
        sent = Send(sending, cancellation);
    }

    private async Task Send(LineBlock block, CancellationToken cancellation)
    {
        var began = time.GetTimestamp();
        var pause = LeastPause;
        var isUnknown = false;
        while (true)
        {
            Skip(block);
            if (block.Items == 0)
                return;
            var lines = block.CopyLines();
            (var reply, isUnknown) = await FeedRepeats.Call(
                isRepeat => job.Append(new JobBlock(upload, position, block.Items, lines, isRepeat || isResumed)),
                isUnknown, time, cancellation);
            switch (reply.Outcome)
            {
                case AppendOutcome.Taken:
                    Accepted = Math.Max(Accepted, position + reply.Taken);
                    // An earlier call may still arrive, so the block counts as a repeat until some of it is taken.
                    isUnknown &= reply.Taken == 0;
                    if (reply.Taken > 0)
                        (began, pause) = (time.GetTimestamp(), LeastPause);
                    break;
                case AppendOutcome.Full when time.GetElapsedTime(began) > IdleLimit:
                    throw new ProblemException(Problems.StreamStuck());
                case AppendOutcome.Full:
                    await Task.Delay(pause, time, cancellation);
                    pause = pause < MostPause ? 2 * pause : MostPause;
                    break;
                default:
                    throw FaultOf(reply.Outcome);
            }
        }
    }

    /// <summary>Removes the lines from a block that the job is known to have.</summary>
    private void Skip(LineBlock block)
    {
        var stored = Math.Clamp(Accepted - position, 0, block.Items);
        block.Remove(stored);
        position += stored;
    }

    private Exception FaultOf(AppendOutcome refusal) => refusal switch
    {
        AppendOutcome.NotAStream => new ProblemException(Problems.NotAStream()),
        AppendOutcome.Closed => new ProblemException(Problems.JobClosed()),
        AppendOutcome.NoJob => JobCalls.NoJob(),
        AppendOutcome.UploadUnknown when isResumed => new ProblemException(Problems.UploadUnknown()),
        _ => new OutcomeUnknownException(),
    };
}
