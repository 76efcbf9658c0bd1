using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

internal sealed unsafe partial class SpawnLoop
{
    private void Start(RunningProcess process)
    {
        if (!process.TryBegin())
        {
            process.FailToStart(null);
            return;
        }
        var request = process.Request;
        var error = 0;
        var folder = request.WorkingDirectory ?? (process.OwnFolder = folders.Create(out error))?.Path;
        if (folder is null)
        {
            process.FailToStart($"cannot make a working folder: {Libc.Describe(error)}");
            return;
        }
        string? failure;
        SpawnedPipes pipes;
        lock (StartGate)
        {
            TreeKeeper.Shared.Tags.Put(process);
            var pid = 0;
            pipes = default;
            failure = TreeKeeper.Shared.IsShut
                ? "this worker is ending"
                : spawner.Start(request, folder, out pipes, out pid);
            if (failure is null) TreeKeeper.Shared.Add(process, pid);
            else TreeKeeper.Shared.Tags.Release(process);
        }
        if (failure is null) Follow(process, pipes);
        else process.FailToStart(failure);
    }

    private void Follow(RunningProcess process, in SpawnedPipes pipes)
    {
        var slot = slots.Take(process);
        (slot.Output, slot.Error) = (pipes.Output, pipes.Error);
        process.Input?.Attach(pipes.Input, this, SlotTable.TagOf(slot, SlotEvent.Input));
        slot.Ended = Libc.OpenProcess(process.ProcessId);
        if (slot.Ended >= 0 &&
            Watch(slot.Ended, Libc.EPOLLIN, SlotTable.TagOf(slot, SlotEvent.Ended)) &&
            Watch(slot.Output, Libc.EPOLLIN, SlotTable.TagOf(slot, SlotEvent.Output)) &&
            Watch(slot.Error, Libc.EPOLLIN, SlotTable.TagOf(slot, SlotEvent.Error))) return;
        // It runs but cannot be followed (no descriptors are left, say): it must not run on unseen.
        var failure = $"cannot follow '{process.Request.Arguments[0]}': {Libc.Describe(Libc.LastError)}";
        process.Abandon(failure);
        End(slot);
    }

    private void Read(Slot slot, OutputStream stream)
    {
        ref var descriptor = ref stream == OutputStream.StandardOutput ? ref slot.Output : ref slot.Error;
        if (descriptor < 0) return;
        var n = Libc.read(descriptor, buffer, BufferSize);
        if (n > 0)
        {
            slot.Process!.AddOutput(stream, new ReadOnlySpan<byte>(buffer, (int)n));
            PauseIfFull(slot);
        }
        else if (n == 0 || Libc.LastError is not (Libc.EINTR or Libc.EAGAIN))
        {
            Unwatch(descriptor);
            Descriptors.Close(ref descriptor);
        }
    }

    /// <summary>The command has ended: take what it has written by now, and see that nothing of it is left.</summary>
    private void End(Slot slot)
    {
        var process = slot.Process!;
        process.EndedAt = time.GetUtcNow();
        process.Reap();
        process.EndPause();
        process.Input?.End();
        Drain(slot, OutputStream.StandardOutput, ref slot.Output);
        Drain(slot, OutputStream.StandardError, ref slot.Error);
        if (slot.Ended >= 0) Unwatch(slot.Ended);
        Descriptors.Close(ref slot.Ended);
        slots.Release(slot);
        TreeKeeper.Shared.Close(process, orphans);
    }

    /// <summary>
    /// Reads what is in the pipe now. Not until its end: a process that is about to be killed may hold the other side.
    /// </summary>
    private void Drain(Slot slot, OutputStream stream, ref int descriptor)
    {
        if (descriptor < 0) return;
        int waiting;
        if (Libc.ioctl(descriptor, Libc.FIONREAD, &waiting) < 0) waiting = 0;
        while (waiting > 0)
        {
            var n = Libc.read(descriptor, buffer, (nuint)Math.Min(waiting, BufferSize));
            if (n < 0 && Libc.LastError == Libc.EINTR) continue;
            if (n <= 0) break;
            waiting -= (int)n;
            slot.Process!.AddOutput(stream, new ReadOnlySpan<byte>(buffer, (int)n));
        }
        Unwatch(descriptor);
        Descriptors.Close(ref descriptor);
    }
}
