using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using OrleansTasks.Processing.Lines;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Chunks;

/// <summary>
/// Passes a program's standard output as lines from the thread that reads pipes to the consumer, and keeps the end of
/// its standard error. Unread output is bounded; beyond the bound, the program's writes block.
/// </summary>
internal sealed class LineSink : IOutputSink
{
    /// <summary>The maximum length of a line, in bytes.</summary>
    internal const int LongestLine = 16 << 20;

    private const long FullFrom = LongestLine + (1 << 20);
    private const int ErrorTail = 1024;

    /// <summary>The last lines of a chunk are passed on immediately, so that the chunk's end is not delayed.</summary>
    private const int GatherFrom = 64;

    private readonly Pipe pipe = new(new PipeOptions(
        pauseWriterThreshold: 0, resumeWriterThreshold: 0, minimumSegmentSize: 64 * 1024, useSynchronizationContext: false));

    private readonly byte[] error = new byte[ErrorTail];
    private readonly Lock gate = new();
    private int errorLength;
    private long unread;
    private long awaited;
    private byte[] scratch = [];
    private bool hasBegun;

    /// <summary>The program; null until it was passed to the host.</summary>
    internal IRunningProcess? Process { get; set; }

    /// <summary>Whether the program has written output that was not read.</summary>
    internal bool HasUnread => Interlocked.Read(ref unread) > 0;

    /// <inheritdoc/>
    public bool Gathers => Interlocked.Read(ref awaited) > GatherFrom;

    /// <inheritdoc/>
    public bool IsFull => Interlocked.Read(ref unread) >= FullFrom;

    /// <inheritdoc/>
    public void Write(StandardStream stream, long offset, ReadOnlySpan<byte> bytes)
    {
        if (stream == StandardStream.Error)
        {
            KeepError(bytes);
            return;
        }

        Interlocked.Add(ref unread, bytes.Length);
        Interlocked.Add(ref awaited, -bytes.Count((byte)'\n'));
        pipe.Writer.Write(bytes);
        // Without a threshold, this never waits. Readers continue on the thread pool.
        _ = pipe.Writer.FlushAsync(CancellationToken.None);
    }

    /// <summary>Sets how many lines are expected from now on.</summary>
    internal void Await(long lines) => Interlocked.Exchange(ref awaited, lines);

    /// <summary>Completes the output once the program has ended.</summary>
    internal async Task CompleteWithAsync(IRunningProcess process)
    {
        await process.Completion;
        await pipe.Writer.CompleteAsync();
    }

    /// <summary>Makes the waiting read, or the next one, return <see cref="LinesRead.Silence"/>.</summary>
    internal void Interrupt() => pipe.Reader.CancelPendingRead();

    /// <summary>
    /// Waits for output and passes its complete lines, without their ends, to a function until that returns false.
    /// The very last line needs no line feed. See <see cref="TextLines"/> for what a line is.
    /// </summary>
    internal async ValueTask<LinesRead> ReadAsync(Func<ReadOnlyMemory<byte>, bool> take)
    {
        var read = await pipe.Reader.ReadAsync();
        var rest = read.Buffer;
        var goesOn = true;
        try
        {
            while (goesOn && rest.PositionOf((byte)'\n') is { } end)
            {
                // Only the first line may begin in an earlier segment. The following lines, except the last one, are
                // within this one.
                goesOn = take(TextLines.WithoutReturn(Begun(Join(rest.Slice(0, end)))));
                rest = rest.Slice(rest.GetPosition(1, end));
                if (goesOn)
                    rest = rest.Slice(TakeWhole(rest.First, take, out goesOn));
            }

            if (goesOn && read.IsCompleted && !rest.IsEmpty)
            {
                take(Begun(Join(rest)));
                rest = rest.Slice(rest.End);
            }
        }
        finally
        {
            Advance(read.Buffer, rest, goesOn);
        }

        return !goesOn ? LinesRead.Enough
            : rest.Length > LongestLine ? throw new ChunkFailure("command-failed", $"The command wrote a line of more than {LongestLine} bytes.")
            : read.IsCompleted ? LinesRead.Ended
            : read.IsCanceled ? LinesRead.Silence
            : LinesRead.More;
    }

    /// <summary>Returns the end of standard error for display; empty if nothing was written there.</summary>
    internal string ErrorText()
    {
        lock (gate)
            return Encoding.UTF8.GetString(error, 0, errorLength).Trim();
    }

    /// <summary>Returns a line; the very first one without a byte order mark.</summary>
    private ReadOnlyMemory<byte> Begun(ReadOnlyMemory<byte> line)
    {
        if (hasBegun)
            return line;
        hasBegun = true;
        return TextLines.HasUtf16Mark(line.Span)
            ? throw new ChunkFailure("command-failed", $"The command's output {TextLines.FaultOf(line.Span)}.")
            : line[TextLines.MarkLength(line.Span)..];
    }

    /// <summary>Passes on the lines that end in a segment. Returns how many bytes they had.</summary>
    private static int TakeWhole(ReadOnlyMemory<byte> piece, Func<ReadOnlyMemory<byte>, bool> take, out bool goesOn)
    {
        var used = 0;
        goesOn = true;
        while (goesOn && piece.Span[used..].IndexOf((byte)'\n') is var length and >= 0)
        {
            goesOn = take(TextLines.WithoutReturn(piece.Slice(used, length)));
            used += length + 1;
        }

        return used;
    }

    private void Advance(in ReadOnlySequence<byte> all, in ReadOnlySequence<byte> rest, bool goesOn)
    {
        var used = all.Length - rest.Length;
        pipe.Reader.AdvanceTo(rest.Start, goesOn ? rest.End : rest.Start);
        if (used > 0 && Interlocked.Add(ref unread, -used) is var left && left < FullFrom && left + used >= FullFrom)
            Process?.ResumeOutput();
    }

    private ReadOnlyMemory<byte> Join(in ReadOnlySequence<byte> line)
    {
        if (line.IsSingleSegment)
            return line.First;
        if (line.Length > scratch.Length)
            scratch = new byte[Math.Max(line.Length, 2 * scratch.Length)];
        line.CopyTo(scratch);
        return scratch.AsMemory(0, (int)line.Length);
    }

    private void KeepError(ReadOnlySpan<byte> bytes)
    {
        lock (gate)
        {
            if (bytes.Length > ErrorTail)
                bytes = bytes[^ErrorTail..];
            if (errorLength + bytes.Length > ErrorTail)
            {
                var keep = ErrorTail - bytes.Length;
                error.AsSpan(errorLength - keep, keep).CopyTo(error);
                errorLength = keep;
            }

            bytes.CopyTo(error.AsSpan(errorLength));
            errorLength += bytes.Length;
        }
    }
}
