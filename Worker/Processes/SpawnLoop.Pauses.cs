using System.Collections.Concurrent;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Back-pressure: while a command's sink is full, the loop does not read, so the command's pipe fills and the command
/// blocks. Only the loop's own thread touches the descriptors; other threads queue a request to resume and wake the
/// loop.
/// </summary>
internal sealed unsafe partial class SpawnLoop
{
    private const ulong RequestTag = ulong.MaxValue - 1;
    private readonly ConcurrentQueue<ulong> resumes = new();
    private int requestsEvent;

    /// <summary>Resumes reading a paused command's output. May be called from any thread.</summary>
    internal void Resume(ulong tag)
    {
        resumes.Enqueue(tag);
        Descriptors.Wake(requestsEvent);
    }

    private bool PauseIfFull(Slot slot)
    {
        var process = slot.Process!;
        if (process.Request.Output is not { IsFull: true } sink) return false;
        Rewatch(slot, 0);
        process.Pause(this, SlotTable.TagOf(slot, SlotEvent.Output));
        // The sink may have made room before the pause was recorded, and then nobody would resume it.
        if (!sink.IsFull) process.ResumeOutput();
        return true;
    }

    private void TakeRequests()
    {
        _ = Descriptors.Take(requestsEvent);
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
        // Large enough for struct epoll_event, which has 12 or 16 bytes.
        var change = stackalloc byte[16];
        *(uint*)change = wanted;
        *(ulong*)(change + Libc.EpollDataOffset) = tag;
        _ = Libc.epoll_ctl(poller, Libc.EPOLL_CTL_MOD, descriptor, change);
    }
}
