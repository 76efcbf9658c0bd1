using System.Buffers;
using Google.Protobuf;
using OrleansTasks.Worker.Handover;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// The output of one attempt that the master has not stored yet. It is bounded: at the bound, the worker stops reading
/// the command's pipe until the master has caught up. A slow master thus blocks the command instead of filling memory.
/// </summary>
internal sealed class OutputBuffer(Lease lease, OutputPump pump, long startedAt, ProgressNews? news = null)
    : IOutputSink
{
    private readonly Lock gate = new();
    private StreamBuffer output;
    private StreamBuffer error;
    private StreamBuffer marks;
    private ArrivalNotes notes;
    private ArrayBufferWriter<byte>? inlineMarks;
    private bool areMarksInline = true;
    private TaskCompletionSource? settled;
    private IRunningProcess? process;
    private long total;
    private int inFlight;
    private bool closed;
    private bool paused;

    /// <summary>The timestamp at which the attempt was started.</summary>
    internal long StartedAt => startedAt;

    /// <summary>The attempt's node in the pump's queue; used by the pump only.</summary>
    internal LinkedListNode<OutputBuffer>? Turn { get; set; }

    /// <summary>The process whose reading is resumed when there is room again.</summary>
    internal IRunningProcess Process
    {
        set
        {
            lock (gate)
                process = value;
            // Room may have been made before there was a process to resume.
            if (!IsFull)
                value.ResumeOutput();
        }
    }

    /// <inheritdoc/>
    public void Report(int hundredths, string message) => news?.Note(lease, hundredths, message);

    /// <inheritdoc/>
    public void Write(StandardStream stream, long offset, ReadOnlySpan<byte> bytes)
    {
        bool first, large;
        lock (gate)
        {
            if (closed)
                return;
            first = !Waits;
            Note(stream, bytes);
            if (stream == StandardStream.Output)
                output.Add(bytes);
            else
                error.Add(bytes);
            large = Count(bytes.Length);
        }

        Tell(first, large);
    }

    /// <inheritdoc/>
    public bool TryKeep(StandardStream stream, long offset, byte[] array)
    {
        bool first, large;
        lock (gate)
        {
            if (closed)
                return false;
            first = !Waits;
            Note(stream, array);
            if (stream == StandardStream.Output)
                output.Keep(array);
            else
                error.Keep(array);
            large = Count(array.Length);
        }

        Tell(first, large);
        return true;
    }

    /// <summary>Writes the mark of an arrival, if it gets one. Called under the gate.</summary>
    private void Note(StandardStream stream, ReadOnlySpan<byte> bytes)
    {
        if (notes.Add(stream, bytes, pump.Now.ToUnixTimeMilliseconds()) is not { } mark)
            return;
        var message = new ArrivalMarks { Marks = { mark } };
        Span<byte> written = stackalloc byte[message.CalculateSize()];
        message.WriteTo(written);
        marks.Add(written);
        areMarksInline &= total <= AttemptResults.InlineLimit
            && (inlineMarks?.WrittenCount ?? 0) + written.Length <= AttemptResults.MarksLimit;
        if (areMarksInline)
            (inlineMarks ??= new(written.Length)).Write(written);
        else
            inlineMarks = null;
    }

    /// <summary>Counts added bytes. Returns whether a whole chunk is waiting. The caller holds the gate.</summary>
    private bool Count(int added)
    {
        total += added;
        var waiting = output.Length + error.Length;
        paused |= waiting + inFlight >= pump.MostKept;
        return waiting >= pump.ChunkSize;
    }

    private void Tell(bool first, bool large)
    {
        if (first)
            pump.Add(this);
        if (large)
            pump.Wake();
    }

    /// <inheritdoc/>
    public bool IsFull
    {
        get
        {
            lock (gate)
                return paused;
        }
    }

    /// <inheritdoc/>
    public bool TakesMuch => true;

    /// <summary>Whether a whole chunk waits, or the attempt's end waits for the rest.</summary>
    internal bool IsUrgent
    {
        get
        {
            lock (gate)
                return settled is not null || output.Length + error.Length >= pump.ChunkSize;
        }
    }

    /// <summary>Whether the attempt has written more than a result can carry.</summary>
    internal bool IsLarge
    {
        get
        {
            lock (gate)
                return total > AttemptResults.InlineLimit;
        }
    }

    /// <summary>The marks of all output so far, or null if there are too many for a result.</summary>
    internal ReadOnlyMemory<byte>? InlineMarks
    {
        get
        {
            lock (gate)
                return areMarksInline ? inlineMarks?.WrittenMemory ?? default : null;
        }
    }

    /// <summary>Whether output waits to be taken.</summary>
    internal bool Waits
    {
        get
        {
            lock (gate)
                return output.Length + error.Length > 0;
        }
    }

    /// <summary>Moves about one chunk of each stream into a message. Returns null if no output waits.</summary>
    internal OutputPiece? Take(OutputChunks message)
    {
        lock (gate)
        {
            var bytes = output.Length + error.Length;
            if (bytes == 0)
                return null;
            var arrays = new List<byte[]>();
            // Marks precede the bytes that they describe, so a reader that sees the bytes finds the marks.
            marks.Take(lease, ArrivalNotes.Stream, pump.ChunkSize, message, arrays);
            output.Take(lease, (uint)StandardStream.Output, pump.ChunkSize, message, arrays);
            error.Take(lease, (uint)StandardStream.Error, pump.ChunkSize, message, arrays);
            bytes -= output.Length + error.Length;
            inFlight += bytes;
            return new OutputPiece(this, bytes, arrays);
        }
    }

    /// <summary>
    /// Frees the room of a stored piece. With <paramref name="reuse"/>, no other reader can hold its arrays, and they
    /// are pooled.
    /// </summary>
    internal void Stored(OutputPiece piece, bool reuse)
    {
        if (reuse)
            foreach (var array in piece.Arrays)
                ArrayPool<byte>.Shared.Return(array);
        IRunningProcess? resume = null;
        lock (gate)
        {
            inFlight -= piece.Bytes;
            var kept = output.Length + error.Length + inFlight;
            if (kept == 0)
                settled?.TrySetResult();
            if (paused)
            {
                paused = kept >= pump.MostKept;
                resume = paused ? null : process;
            }
        }

        resume?.ResumeOutput();
    }

    /// <summary>
    /// Ends the output of a command that has ended. With <paramref name="inline"/>, the result carries everything and
    /// nothing is waited for; output on its way that arrives after the result is not stored.
    /// Without it, the task completes when all output is stored.
    /// </summary>
    internal Task CompleteAsync(bool inline)
    {
        Task? rest = null;
        lock (gate)
        {
            closed = true;
            if (inline)
            {
                output.Clear();
                error.Clear();
                marks.Clear();
            }

            if (!inline && output.Length + error.Length + inFlight > 0)
                rest = (settled = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        if (rest is null)
            pump.Remove(this, total);
        else
            pump.Wake();
        return rest ?? Task.CompletedTask;
    }

    /// <summary>Returns the output that the master has not acknowledged.</summary>
    /// <param name="unacknowledged">The chunks of this attempt that are on their way, in their order.</param>
    internal OutputRecord ToRecord(IEnumerable<OutputChunk> unacknowledged)
    {
        var sent = unacknowledged.ToLookup(static chunk => chunk.Stream);
        lock (gate)
        {
            var record = new OutputRecord { Total = total };
            (record.OutputOffset, record.Output) = RestOf(output, sent[(uint)StandardStream.Output]);
            (record.ErrorOffset, record.Error) = RestOf(error, sent[(uint)StandardStream.Error]);
            (record.MarksOffset, record.Marks) = RestOf(marks, sent[ArrivalNotes.Stream]);
            if (areMarksInline)
                record.InlineMarks = ByteString.CopyFrom(inlineMarks is null ? default : inlineMarks.WrittenSpan);
            notes.WriteTo(record);
            return record;
        }
    }

    /// <summary>Takes over the output of an earlier program of this process, before any other output arrives.</summary>
    internal void Restore(OutputRecord record)
    {
        bool waits;
        lock (gate)
        {
            output = StreamBuffer.At(record.OutputOffset);
            output.Add(record.Output.Span);
            error = StreamBuffer.At(record.ErrorOffset);
            error.Add(record.Error.Span);
            marks = StreamBuffer.At(record.MarksOffset);
            marks.Add(record.Marks.Span);
            areMarksInline = record.HasInlineMarks;
            if (areMarksInline && !record.InlineMarks.IsEmpty)
                (inlineMarks = new(record.InlineMarks.Length)).Write(record.InlineMarks.Span);
            notes = ArrivalNotes.Of(record);
            total = record.Total;
            waits = Waits;
            paused = output.Length + error.Length >= pump.MostKept;
        }

        if (waits)
            pump.Add(this);
    }

    private static (long Offset, ByteString Bytes) RestOf(in StreamBuffer buffer, IEnumerable<OutputChunk> sent)
    {
        var offset = buffer.Offset;
        var rest = new MemoryStream();
        foreach (var chunk in sent)
        {
            offset = Math.Min(offset, chunk.Offset);
            rest.Write(chunk.Data.Span);
        }

        buffer.CopyTo(rest);
        return (offset, UnsafeByteOperations.UnsafeWrap(rest.GetBuffer().AsMemory(0, (int)rest.Length)));
    }

    /// <summary>Discards the output, because no one will ask for it.</summary>
    internal void Abandon()
    {
        lock (gate)
        {
            closed = true;
            output.Clear();
            error.Clear();
            marks.Clear();
        }

        pump.Remove(this, total);
    }
}
