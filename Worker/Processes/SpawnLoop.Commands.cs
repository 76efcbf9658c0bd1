using System.Buffers;
using System.Collections.Concurrent;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>Starts commands, reads their output, and ends them.</summary>
internal sealed unsafe partial class SpawnLoop
{
    private readonly ConcurrentQueue<(RunningProcess Process, SpawnedPipes Pipes, Thread? Starter)> adopted = new();

    private void Start(RunningProcess process)
    {
        if (!process.TryBegin())
        {
            process.FailToStart(null); // It was stopped while it waited in the queue
            return;
        }
        var request = process.Request;
        if (parts.GiveUser(process) is { } shortage)
        {
            process.PutBack(shortage);
            return;
        }
        var error = 0;
        var folder = request.WorkingDirectory ?? (process.OwnFolder = parts.Folders.Create(process.User, out error))?.Path;
        if (folder is null)
        {
            process.FailToStart($"cannot create a working folder: {Libc.Describe(error)}");
            return;
        }
        if (Exchange.Make(process, parts) is { } refusal)
        {
            process.FailToStart(refusal);
            return;
        }
        if (SlowStart.IsNeededFor(request))
        {
            new SlowStart(process, folder, this, parts).Begin();
            return;
        }
        var failure = CommandWrap.Check(request, folder, process.User) ?? CommandWrap.Apply(process, parts, folder, ref request);
        SpawnedPipes pipes;
        bool isShut;
        lock (StartGate)
        {
            TreeKeeper.Shared.Tags.Put(process);
            var pid = 0;
            pipes = default;
            isShut = TreeKeeper.Shared.IsShut;
            if (!isShut) failure ??= spawner.Start(process, request, folder, out pipes, out pid);
            if (failure is null && !isShut) TreeKeeper.Shared.Add(process, pid);
            else TreeKeeper.Shared.Tags.Release(process);
        }
        if (isShut)
        {
            // Gives the attempt the reason Killed.
            process.KillNow();
            process.FailToStart(null);
        }
        else if (failure is null) Follow(process, pipes);
        else process.FailToStart(failure);
    }

    /// <summary>Follows a command that a <see cref="SlowStart"/> has started. May be called from any thread.</summary>
    internal void Adopt(RunningProcess process, SpawnedPipes pipes, Thread starter)
    {
        adopted.Enqueue((process, pipes, starter));
        Descriptors.Wake(requestsEvent);
    }

    private void TakeAdopted()
    {
        while (adopted.TryDequeue(out var started))
        {
            // The thread is about to end. Until it has, a process that the command makes its sibling (CLONE_PARENT)
            // would be in that thread's list of children, which nobody reads.
            started.Starter?.Join();
            Follow(started.Process, started.Pipes);
        }
    }

    private void Follow(RunningProcess process, in SpawnedPipes pipes)
    {
        var slot = slots.Take(process);
        (slot.Output, slot.Error) = (pipes.Output, pipes.Error);
        NeverWaitFor(slot.Output);
        NeverWaitFor(slot.Error);
        process.Input?.Attach(pipes.Input, this, SlotTable.TagOf(slot, SlotEvent.Input));
        slot.Ended = Libc.OpenProcess(process.ProcessId);
        if (slot.Ended >= 0 &&
            Watch(slot.Ended, Libc.EPOLLIN, SlotTable.TagOf(slot, SlotEvent.Ended)) &&
            // An adopted command may have closed one of them.
            (slot.Output < 0 || Watch(slot.Output, Libc.EPOLLIN, SlotTable.TagOf(slot, SlotEvent.Output))) &&
            (slot.Error < 0 || Watch(slot.Error, Libc.EPOLLIN, SlotTable.TagOf(slot, SlotEvent.Error)))) return;
        // The command runs but cannot be followed, for example because no descriptors are left. It must not run
        // unobserved.
        var failure = $"cannot follow '{process.Request.Arguments[0]}': {Libc.Describe(Libc.LastError)}";
        process.Abandon(failure);
        End(slot);
    }

    /// <summary>
    /// Lets a read of an empty pipe return at once. A command can read its own output (/proc/self/fd/1), so a pipe that
    /// epoll reports may be empty by now, and this thread serves other commands too.
    /// </summary>
    private static void NeverWaitFor(int descriptor) => _ = Libc.fcntl(descriptor, Libc.F_SETFL, Libc.O_NONBLOCK);

    private void Read(Slot slot, StandardStream stream)
    {
        ref var descriptor = ref stream == StandardStream.Output ? ref slot.Output : ref slot.Error;
        if (descriptor < 0) return;
        var n = Read(descriptor, BufferSize);
        if (n > 0)
        {
            Hand(slot, stream, n);
            if (stream == StandardStream.Output) WidenIfMuch(slot, n);
            if (!PauseIfFull(slot) && stream == StandardStream.Output) GatherIfSmall(slot, n);
        }
        else if (n == 0 || Libc.LastError is not (Libc.EINTR or Libc.EAGAIN))
        {
            Unwatch(descriptor);
            Descriptors.Close(ref descriptor);
        }
    }

    private int Read(int descriptor, int most)
    {
        fixed (byte* into = buffer) return (int)Libc.read(descriptor, into, (nuint)most);
    }

    /// <summary>Passes what was read to the command's sink, together with the buffer if the sink keeps it.</summary>
    private void Hand(Slot slot, StandardStream stream, int length)
    {
        if (slot.Process!.AddOutput(stream, buffer, length)) buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    }

    /// <summary>
    /// Ends a command that has exited: takes what it has written so far, and has the keeper kill whatever it left
    /// behind.
    /// </summary>
    private void End(Slot slot)
    {
        var process = slot.Process!;
        process.NoteEnd();
        lock (StartGate) TreeKeeper.Shared.Reap(process);
        process.EndPause();
        process.Input?.End();
        Drain(slot, StandardStream.Output, ref slot.Output);
        Drain(slot, StandardStream.Error, ref slot.Error);
        if (slot.Ended >= 0) Unwatch(slot.Ended);
        Descriptors.Close(ref slot.Ended);
        if (slot.IsWide) wide--;
        slots.Release(slot);
        TreeKeeper.Shared.Close(process, orphans, this);
    }

    /// <summary>
    /// Reads what is in the pipe now.
    /// It does not wait for the end of the stream, because a process that is about to be killed may hold the write end.
    /// </summary>
    private void Drain(Slot slot, StandardStream stream, ref int descriptor)
    {
        if (descriptor < 0) return;
        int waiting;
        if (Libc.ioctl(descriptor, Libc.FIONREAD, &waiting) < 0) waiting = 0;
        while (waiting > 0)
        {
            var n = Read(descriptor, Math.Min(waiting, BufferSize));
            if (n < 0 && Libc.LastError == Libc.EINTR) continue;
            if (n <= 0) break;
            waiting -= n;
            Hand(slot, stream, n);
        }
        Unwatch(descriptor);
        Descriptors.Close(ref descriptor);
    }
}
