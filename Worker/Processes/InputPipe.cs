using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Standard input that stays open while the command runs. Bytes that do not fit in the pipe are written by the
/// command's loop when there is room, so no caller blocks on a command that does not read.
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

    /// <summary>
    /// Writes the bytes. Completes with true once all are in the pipe; false if the command no longer reads.
    /// </summary>
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

    /// <summary>Ends the command's input after the write in progress.</summary>
    internal void Close()
    {
        lock (gate)
        {
            closeAsked = true;
            if (writing is null) Descriptors.Close(ref descriptor);
        }
    }

    /// <summary>Attaches the pipe of a command that has started, and the loop that writes when there is room.</summary>
    internal void Attach(int writeEnd, SpawnLoop commandLoop, ulong inputTag)
    {
        lock (gate)
        {
            (descriptor, loop, tag) = (writeEnd, commandLoop, inputTag);
            if (writing is not null) loop.WatchInput(descriptor, tag);
            else if (closeAsked) Descriptors.Close(ref descriptor);
        }
    }

    /// <summary>Continues the write: the pipe has room, or its reader is gone. Called on the loop's thread.</summary>
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

    /// <summary>Ends the input of a command that has ended or never ran.</summary>
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
                // The command closed its input or ended. That it left input unread is no error.
                over = true;
                return;
            }
        }
    }
}
