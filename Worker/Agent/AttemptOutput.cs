using System.Buffers;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// What one attempt has written and the master has not stored yet. Bounded: when the bound is reached the reader of the
/// command's pipe stops, until the master has caught up; so a slow master makes the command wait, not memory grow.
/// </summary>
internal sealed class AttemptOutput(Lease lease, OutputPump pump, long startedAt) : IOutputSink
{
    private readonly Lock gate = new();
    private StreamBuffer output;
    private StreamBuffer error;
    private TaskCompletionSource? settled;
    private IRunningProcess? process;
    private long total;
    private int inFlight;
    private bool closed;
    private bool paused;

    /// <summary>When the attempt was started: a timestamp.</summary>
    internal long StartedAt => startedAt;

    /// <summary>Its place among those that wait; the pump's.</summary>
    internal LinkedListNode<AttemptOutput>? Turn { get; set; }

    /// <summary>The process, whose reading is resumed when there is room again.</summary>
    internal IRunningProcess Process
    {
        set
        {
            lock (gate)
                process = value;
            // Whatever it was that made room found no process to resume.
            if (!IsFull)
                value.ResumeOutput();
        }
    }

    /// <inheritdoc/>
    public void Write(OutputStream stream, long offset, ReadOnlySpan<byte> bytes)
    {
        bool first, large;
        lock (gate)
        {
            if (closed)
                return;
            first = !Waits;
            if (stream == OutputStream.StandardOutput)
                output.Add(bytes);
            else
                error.Add(bytes);
            large = Count(bytes.Length);
        }

        Tell(first, large);
    }

    /// <inheritdoc/>
    public bool TryKeep(OutputStream stream, long offset, byte[] array)
    {
        bool first, large;
        lock (gate)
        {
            if (closed)
                return false;
            first = !Waits;
            if (stream == OutputStream.StandardOutput)
                output.Keep(array);
            else
                error.Keep(array);
            large = Count(array.Length);
        }

        Tell(first, large);
        return true;
    }

    /// <summary>Counts what was added; returns whether a whole chunk waits. Under the gate.</summary>
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

    /// <summary>Whether there is a whole chunk, or somebody waits for the rest.</summary>
    internal bool IsUrgent
    {
        get
        {
            lock (gate)
                return settled is not null || output.Length + error.Length >= pump.ChunkSize;
        }
    }

    /// <summary>Whether it has written too much for a result to carry.</summary>
    internal bool IsLarge
    {
        get
        {
            lock (gate)
                return total > AttemptResults.InlineLimit;
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

    /// <summary>Moves about a chunk of each stream into a message; null when nothing waits.</summary>
    internal OutputPiece? Take(OutputChunks message)
    {
        lock (gate)
        {
            var bytes = output.Length + error.Length;
            if (bytes == 0)
                return null;
            var arrays = new List<byte[]>();
            output.Take(lease, (uint)OutputStream.StandardOutput, pump.ChunkSize, message, arrays);
            error.Take(lease, (uint)OutputStream.StandardError, pump.ChunkSize, message, arrays);
            bytes -= output.Length + error.Length;
            inFlight += bytes;
            return new OutputPiece(this, bytes, arrays);
        }
    }

    /// <summary>What was taken is stored; <paramref name="reuse"/>: nobody can still be reading its arrays.</summary>
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
    /// The command has ended. With <paramref name="inline"/> its result carries everything, and nothing is waited for: what is on its
    /// way and comes after the result is not stored. Else this waits until all is stored.
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

    /// <summary>Nobody will ask for the output any more.</summary>
    internal void Abandon()
    {
        lock (gate)
        {
            closed = true;
            output.Clear();
            error.Clear();
        }

        pump.Remove(this, total);
    }
}
