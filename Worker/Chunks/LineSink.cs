using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using OrleansTasks.Worker.Processes;

namespace OrleansTasks.Worker.Chunks;

/// <summary>
/// Hands a program's standard output over as lines, from the thread that reads pipes to whoever awaits them; keeps the end of its
/// standard error. What is not read yet is bounded: beyond that the program waits in its writes.
/// </summary>
internal sealed class LineSink : IOutputSink
{
    /// <summary>The longest line that is taken.</summary>
    internal const int LongestLine = 16 << 20;

    private const long FullFrom = LongestLine + (1 << 20);
    private const int ErrorTail = 1024;

    /// <summary>The last lines of a chunk are handed over as they come, so that its end does not wait.</summary>
    private const int GatherFrom = 64;

    private readonly Pipe pipe = new(new PipeOptions(
        pauseWriterThreshold: 0, resumeWriterThreshold: 0, minimumSegmentSize: 64 * 1024, useSynchronizationContext: false));

    private readonly byte[] error = new byte[ErrorTail];
    private readonly Lock gate = new();
    private int errorLength;
    private long unread;
    private long awaited;
    private byte[] scratch = [];

    /// <summary>The program, once it was given to the host.</summary>
    internal IRunningProcess? Process { get; set; }

    /// <summary>Whether it wrote something that nobody has read.</summary>
    internal bool HasUnread => Interlocked.Read(ref unread) > 0;

    /// <inheritdoc/>
    public bool Gathers => Interlocked.Read(ref awaited) > GatherFrom;

    /// <inheritdoc/>
    public bool IsFull => Interlocked.Read(ref unread) >= FullFrom;

    /// <inheritdoc/>
    public void Write(OutputStream stream, long offset, ReadOnlySpan<byte> bytes)
    {
        if (stream == OutputStream.StandardError)
        {
            KeepError(bytes);
            return;
        }

        Interlocked.Add(ref unread, bytes.Length);
        Interlocked.Add(ref awaited, -bytes.Count((byte)'\n'));
        pipe.Writer.Write(bytes);
        // Without a threshold it never waits; readers go on on the pool.
        _ = pipe.Writer.FlushAsync(CancellationToken.None);
    }

    /// <summary>So many lines are to come from now on.</summary>
    internal void Await(long lines) => Interlocked.Exchange(ref awaited, lines);

    /// <summary>Nothing more will come once the program is gone.</summary>
    internal async Task CompleteWithAsync(IRunningProcess process)
    {
        await process.Completion;
        await pipe.Writer.CompleteAsync();
    }

    /// <summary>Makes the read that waits, or the next one, return <see cref="LinesRead.Silence"/>.</summary>
    internal void Interrupt() => pipe.Reader.CancelPendingRead();

    /// <summary>
    /// Waits for output and gives its whole lines, without their line feeds, to a function until that returns false. The last line of
    /// all needs no line feed.
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
                // The first line may have begun in an earlier piece of memory; those behind it, up to the last, are in one.
                goesOn = take(Join(rest.Slice(0, end)));
                rest = rest.Slice(rest.GetPosition(1, end));
                if (goesOn)
                    rest = rest.Slice(TakeWhole(rest.First, take, out goesOn));
            }

            if (goesOn && read.IsCompleted && !rest.IsEmpty)
            {
                take(Join(rest));
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

    /// <summary>The end of its standard error, for people; empty when it wrote nothing there.</summary>
    internal string ErrorText()
    {
        lock (gate)
            return Encoding.UTF8.GetString(error, 0, errorLength).Trim();
    }

    /// <summary>Gives the lines that end in a piece of memory; how many bytes they were.</summary>
    private static int TakeWhole(ReadOnlyMemory<byte> piece, Func<ReadOnlyMemory<byte>, bool> take, out bool goesOn)
    {
        var used = 0;
        goesOn = true;
        while (goesOn && piece.Span[used..].IndexOf((byte)'\n') is var length and >= 0)
        {
            goesOn = take(piece.Slice(used, length));
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
