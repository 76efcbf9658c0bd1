using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// A thread that starts commands, reads what they write and reaps them, by one epoll. All loops of a host take starts
/// from one queue, so none waits while another is inside posix_spawn.
/// </summary>
internal sealed unsafe partial class SpawnLoop : IDisposable
{
    private const int EventCapacity = 64;
    private const int BufferSize = 64 * 1024;
    private const ulong WakeTag = ulong.MaxValue;
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(1);

    private readonly ConcurrentQueue<RunningProcess?> starts;
    private readonly int startsEvent;
    private readonly HostParts parts;
    private readonly Spawner spawner = new();
    private readonly SlotTable slots = new();
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private readonly byte* events = (byte*)NativeMemory.AllocZeroed((nuint)(EventCapacity * 16));
    private readonly Thread thread;
    private int poller;
    private readonly OrphanList orphans = new();
    [ThreadStatic]
    private static SpawnLoop? current;
    private RunningProcess? next;
    private bool stopping;

    /// <summary>Starts the thread.</summary>
    internal SpawnLoop(ConcurrentQueue<RunningProcess?> starts, int startsEvent, HostParts parts)
    {
        (this.starts, this.startsEvent, this.parts) = (starts, startsEvent, parts);
        poller = Libc.epoll_create1(Libc.O_CLOEXEC);
        resumesEvent = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (poller < 0 || resumesEvent < 0 || !Watch(resumesEvent, Libc.EPOLLIN, ResumeTag)
            || !Watch(startsEvent, Libc.EPOLLIN | Libc.EPOLLEXCLUSIVE, WakeTag))
            throw new IOException($"cannot poll for commands: {Libc.Describe(Libc.LastError)}");
        TreeKeeper.Shared.Add(this);
        thread = new Thread(Run, 256 * 1024) { IsBackground = true, Name = "task-spawn" };
        thread.Start();
    }

    /// <summary>
    /// Held while a command starts, until its session is known, and while one is reaped: who holds it sees none in between. All
    /// that is done under it is quick; a start that may not be is a <see cref="SlowStart"/>. Others wait for it by
    /// <see cref="TryHoldStarts"/>.
    /// </summary>
    internal Lock StartGate { get; } = new();

    /// <summary>Enters <see cref="StartGate"/>; false when it is not free within a second.</summary>
    internal bool TryHoldStarts() => StartGate.TryEnter(LongestHold);

    /// <summary>The loop whose thread this is; null on all others.</summary>
    internal static SpawnLoop? Current => current;

    /// <summary>
    /// On this loop's thread, at the end of a command: starts the next one as soon as that is dealt with, without going
    /// through the queue, which would cost a change of threads. False when it has one already, or belongs to another
    /// host, or when another of the host's loops follows fewer commands: two on one thread wait for each other. What
    /// the others follow is read without a lock, as an estimate.
    /// </summary>
    internal bool TryStartNext(RunningProcess process, SpawnLoop[] ofHost)
    {
        if (next is not null || Array.IndexOf(ofHost, this) < 0) return false;
        foreach (var other in ofHost)
            if (other.slots.Count < slots.Count) return false;
        next = process;
        return true;
    }

    /// <summary>
    /// Waits until the thread has ended, which it does at a null in its queue, and frees what it used.
    /// </summary>
    public void Dispose()
    {
        thread.Join();
        TreeKeeper.Shared.Remove(this);
        Descriptors.Close(ref poller);
        Descriptors.Close(ref resumesEvent);
        orphans.Dispose();
        lock (StartGate) Children.Dispose();
        spawner.Dispose();
        ArrayPool<byte>.Shared.Return(buffer);
        NativeMemory.Free(events);
    }

    /// <summary>What this thread has spawned, and what that has made its own siblings. Read under the gate.</summary>
    internal OrphanList Children { get; private set; } = OrphanList.None;

    private void Run()
    {
        current = this;
        lock (StartGate) Children = new(Libc.ThreadId());
        // For what it asks the system in that user's name; what it starts changes its groups by itself.
        if (parts.User is { } user) _ = Libc.SetThreadGroups([.. user.Groups]);
        while (!stopping || slots.Count > 0)
        {
            var count = Libc.epoll_wait(poller, events, EventCapacity, LongestWait);
            for (var i = 0; i < count; i++)
            {
                var happened = events + (i * Libc.EpollEventSize);
                var tag = *(ulong*)(happened + Libc.EpollDataOffset);
                if (tag == WakeTag) TakeStart();
                else if (tag == ResumeTag) TakeResumes();
                else if (slots.Find(tag) is { } slot) Handle(slot, SlotTable.KindOf(tag));
                StartNext();
            }
            EndGathering();
        }
    }

    private void TakeStart()
    {
        if (stopping || !Descriptors.Take(startsEvent) || !starts.TryDequeue(out var process)) return;
        if (process is null)
        {
            stopping = true;
            Unwatch(startsEvent);
        }
        else Start(process);
    }

    private void StartNext()
    {
        if (next is not { } process) return;
        next = null;
        Start(process);
        // It could not start, and its follower brought another one: that waits its turn, or a row of such would keep this thread from
        // all that it follows.
        if (next is not { } another) return;
        next = null;
        starts.Enqueue(another);
        Descriptors.Wake(startsEvent);
    }

    private void Handle(Slot slot, SlotEvent kind)
    {
        if (kind == SlotEvent.Ended) End(slot);
        else if (kind == SlotEvent.Input) slot.Process!.Input!.Continue();
        else Read(slot, kind == SlotEvent.Output ? OutputStream.StandardOutput : OutputStream.StandardError);
    }

    /// <summary>Tells when there is room in a command's input.</summary>
    internal void WatchInput(int descriptor, ulong tag) => Watch(descriptor, Libc.EPOLLOUT, tag);

    private bool Watch(int descriptor, uint wanted, ulong tag)
    {
        var change = stackalloc byte[16];
        *(uint*)change = wanted;
        *(ulong*)(change + Libc.EpollDataOffset) = tag;
        return Libc.epoll_ctl(poller, Libc.EPOLL_CTL_ADD, descriptor, change) == 0;
    }

    /// <summary>
    /// Takes a descriptor out by name before it is closed: a child that is being spawned holds a copy of it for a
    /// moment, so closing alone would not.
    /// </summary>
    internal void Unwatch(int descriptor)
    {
        var unused = stackalloc byte[16];
        _ = Libc.epoll_ctl(poller, Libc.EPOLL_CTL_DEL, descriptor, unused);
    }
}
