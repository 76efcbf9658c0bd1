using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Standard input that stays open while the command runs. What the pipe does not take at once is written by the
/// command's loop when there is room; nobody ever blocks on a command that does not read.
/// </summary>
internal sealed unsafe class InputPipe
{
    private readonly Lock gate = new();
    private int descriptor = -1;
    private SpawnLoop? loop;
    private ulong tag;
    private ReadOnlyMemory<byte> pending;
    private TaskCompletionSource<bool>? writing;
    private bool closeAsked;
    private bool over;

    /// <summary>Takes the bytes; true when all are in the pipe, false when nobody will read them any more.</summary>
    internal Task<bool> WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        lock (gate)
        {
            if (writing is not null) throw new InvalidOperationException("The write before this one has not ended.");
            if (over || closeAsked) return Task.FromResult(false);
            pending = bytes;
            Push();
            if (over || pending.IsEmpty) return Task.FromResult(!over);
            writing = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (descriptor >= 0) loop!.WatchInput(descriptor, tag);
            return writing.Task;
        }
    }

    /// <summary>Lets the command see the end of its input, after what is still being written.</summary>
    internal void Close()
    {
        lock (gate)
        {
            closeAsked = true;
            if (writing is null) Descriptors.Close(ref descriptor);
        }
    }

    /// <summary>The command runs: this is the end to write to, and who writes when there is room.</summary>
    internal void Attach(int writeEnd, SpawnLoop commandLoop, ulong inputTag)
    {
        lock (gate)
        {
            (descriptor, loop, tag) = (writeEnd, commandLoop, inputTag);
            if (writing is not null) loop.WatchInput(descriptor, tag);
            else if (closeAsked) Descriptors.Close(ref descriptor);
        }
    }

    /// <summary>There is room in the pipe, or nobody reads it any more. On the loop's thread.</summary>
    internal void Continue()
    {
        lock (gate)
        {
            if (writing is null) return;
            Push();
            if (!over && !pending.IsEmpty) return;
            loop!.Unwatch(descriptor);
            Finish();
            if (closeAsked || over) Descriptors.Close(ref descriptor);
        }
    }

    /// <summary>The command has ended, or never ran.</summary>
    internal void End()
    {
        lock (gate)
        {
            over = true;
            if (writing is not null && descriptor >= 0) loop!.Unwatch(descriptor);
            Finish();
            Descriptors.Close(ref descriptor);
        }
    }

    private void Finish()
    {
        pending = default;
        writing?.SetResult(!over);
        writing = null;
    }

    private void Push()
    {
        if (descriptor < 0) return;
        while (!pending.IsEmpty)
        {
            nint n;
            fixed (byte* start = pending.Span) n = Libc.write(descriptor, start, (nuint)pending.Length);
            if (n >= 0) pending = pending[(int)n..];
            else if (Libc.LastError == Libc.EAGAIN) return;
            else if (Libc.LastError != Libc.EINTR)
            {
                // It has closed its input or ended: what it did not want is no fault.
                over = true;
                return;
            }
        }
    }
}
