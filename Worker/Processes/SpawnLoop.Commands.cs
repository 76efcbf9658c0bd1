using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

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
        var folder = request.WorkingDirectory ?? (process.OwnFolder = parts.Folders.Create(out error))?.Path;
        if (folder is null)
        {
            process.FailToStart($"cannot make a working folder: {Libc.Describe(error)}");
            return;
        }
        var failure = Wrap(process, folder, ref request);
        SpawnedPipes pipes;
        bool isShut;
        lock (StartGate)
        {
            TreeKeeper.Shared.Tags.Put(process);
            var pid = 0;
            pipes = default;
            isShut = TreeKeeper.Shared.IsShut;
            if (!isShut) failure ??= spawner.Start(request, folder, parts.User, out pipes, out pid);
            if (failure is null && !isShut) TreeKeeper.Shared.Add(process, pid);
            else TreeKeeper.Shared.Tags.Release(process);
        }
        if (isShut)
        {
            process.KillNow();
            process.FailToStart(null);
        }
        else if (failure is null) Follow(process, pipes);
        else process.FailToStart(failure);
    }

    /// <summary>Changes what is started, so that it runs as another user and within its limits.</summary>
    private string? Wrap(RunningProcess process, string folder, ref StartRequest request)
    {
        var limits = request.Limits is { IsNone: false } given ? given : null;
        if (limits is null && parts.User is null) return null;
        // Another program will start this one, and its exit code could not tell a program that is not there.
        if (ProgramFinder.Check(request, folder, parts.User) is var error and not 0)
            return SpawnFailure.Of(request, folder, error);
        if (parts.User is { } user)
        {
            if (UserSwitch.Access(user, folder, Libc.X_OK) is var closed and not 0)
                return $"cannot start in the folder '{folder}' as '{user.Name}': {Libc.Describe(closed)}";
            request = UserSwitch.Wrap(request, user);
        }
        return limits is null ? null : Limit(process, limits, ref request);
    }

    /// <summary>Prepares what holds it to its limits; the shell that enters it comes before all else.</summary>
    private string? Limit(RunningProcess process, ProcessLimits limits, ref StartRequest request)
    {
        try
        {
            process.LimitedTree = parts.Limits.Prepare(process, limits);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return $"cannot limit '{process.Request.Arguments[0]}': {refused.Message}";
        }
        request = request with { Arguments = process.LimitedTree.Wrap(request.Arguments) };
        return null;
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
            if (!PauseIfFull(slot) && stream == OutputStream.StandardOutput) GatherIfSmall(slot, (int)n);
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
        process.EndedAt = parts.Time.GetUtcNow();
        lock (StartGate) process.Reap();
        process.EndPause();
        process.Input?.End();
        Drain(slot, OutputStream.StandardOutput, ref slot.Output);
        Drain(slot, OutputStream.StandardError, ref slot.Error);
        if (slot.Ended >= 0) Unwatch(slot.Ended);
        Descriptors.Close(ref slot.Ended);
        slots.Release(slot);
        TreeKeeper.Shared.Close(process, orphans, this);
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
