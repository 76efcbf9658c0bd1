using System.Collections.Concurrent;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Back-pressure: a command whose sink is full is not read, so that its pipe fills and the command waits. Only the
/// loop's own thread touches descriptors; whoever resumes leaves a note and wakes it.
/// </summary>
internal sealed unsafe partial class SpawnLoop
{
    private const ulong ResumeTag = ulong.MaxValue - 1;
    private readonly ConcurrentQueue<ulong> resumes = new();
    private int resumesEvent;

    /// <summary>Reads a paused command's output again. From any thread.</summary>
    internal void Resume(ulong tag)
    {
        resumes.Enqueue(tag);
        Descriptors.Wake(resumesEvent);
    }

    private bool PauseIfFull(Slot slot)
    {
        var process = slot.Process!;
        if (process.Request.Output is not { IsFull: true } sink) return false;
        Rewatch(slot, 0);
        process.Pause(this, SlotTable.TagOf(slot, SlotEvent.Output));
        // It may have found room before there was a pause to end.
        if (!sink.IsFull) process.ResumeOutput();
        return true;
    }

    private void TakeResumes()
    {
        _ = Descriptors.Take(resumesEvent);
        TakeAdopted();
        while (resumes.TryDequeue(out var tag))
            if (slots.Find(tag) is { } slot) Rewatch(slot, Libc.EPOLLIN);
    }

    private void Rewatch(Slot slot, uint wanted)
    {
        Rewatch(slot.Output, wanted, SlotTable.TagOf(slot, SlotEvent.Output));
        Rewatch(slot.Error, wanted, SlotTable.TagOf(slot, SlotEvent.Error));
    }

    private void Rewatch(int descriptor, uint wanted, ulong tag)
    {
        if (descriptor < 0) return;
        var change = stackalloc byte[16];
        *(uint*)change = wanted;
        *(ulong*)(change + Libc.EpollDataOffset) = tag;
        _ = Libc.epoll_ctl(poller, Libc.EPOLL_CTL_MOD, descriptor, change);
    }
}
