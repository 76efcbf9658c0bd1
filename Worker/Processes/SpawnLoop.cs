using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// A thread that starts commands, reads their output and reaps them, all through one epoll instance.
/// All loops of a host take starts from one queue, so that no start waits while another loop is inside posix_spawn.
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
        requestsEvent = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (poller < 0 || requestsEvent < 0 || !Watch(requestsEvent, Libc.EPOLLIN, RequestTag)
            || !Watch(startsEvent, Libc.EPOLLIN | Libc.EPOLLEXCLUSIVE, WakeTag))
        {
            var error = Libc.LastError;
            Release();
            throw new IOException($"cannot poll for commands: {Libc.Describe(error)}");
        }

        TreeKeeper.Shared.Add(this);
        thread = new Thread(Run, 256 * 1024) { IsBackground = true, Name = "task-spawn" };
        thread.Start();
    }

    /// <summary>
    /// Held while a command starts, until its session is known, and while one is reaped.
    /// Its holder therefore sees no command half-started or half-reaped. Everything done under it is quick;
    /// a start that may hang is a <see cref="SlowStart"/>. Other threads enter it through <see cref="TryHoldStarts"/>.
    /// </summary>
    internal Lock StartGate { get; } = new();

    /// <summary>Enters <see cref="StartGate"/>. Returns false if that takes more than a second.</summary>
    internal bool TryHoldStarts() => StartGate.TryEnter(LongestHold);

    /// <summary>The loop that runs on this thread; null on any other thread.</summary>
    internal static SpawnLoop? Current => current;

    /// <summary>
    /// Has this loop start a command directly after the one that is ending, without the queue and its switch of
    /// threads. Called on the loop's own thread. Returns false if the loop already has a next command, belongs to
    /// another host, or follows more commands than another loop of the host, since commands of one thread wait for each
    /// other. The counts of the other loops are read without a lock, as an estimate.
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
    /// Waits for the thread, which ends when it takes a null from the queue, and frees all resources.
    /// </summary>
    public void Dispose()
    {
        thread.Join();
        TreeKeeper.Shared.Remove(this);
        Release();
    }

    private void Release()
    {
        Descriptors.Close(ref poller);
        Descriptors.Close(ref requestsEvent);
        orphans.Dispose();
        lock (StartGate) Children.Dispose();
        spawner.Dispose();
        ArrayPool<byte>.Shared.Return(buffer);
        NativeMemory.Free(events);
    }

    /// <summary>
    /// The children that this thread has spawned, and any that they made their own siblings. Read under
    /// <see cref="StartGate"/>.
    /// </summary>
    internal OrphanList Children { get; private set; } = OrphanList.None;

    private void Run()
    {
        current = this;
        lock (StartGate) Children = new(Libc.ThreadId());
        // For file accesses in the name of that user. The commands that this thread starts set their own groups.
        if (parts.User is { } user) _ = Libc.SetThreadGroups([.. user.Groups]);
        while (!stopping || slots.Count > 0)
        {
            PauseIfAsked();
            var count = Libc.epoll_wait(poller, events, EventCapacity, LongestWait);
            for (var i = 0; i < count; i++)
            {
                var happened = events + (i * Libc.EpollEventSize);
                var tag = *(ulong*)(happened + Libc.EpollDataOffset);
                if (tag == WakeTag) TakeStart();
                else if (tag == RequestTag) TakeRequests();
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
        // The command could not start, and its follower brought another one. That goes through the queue, because a
        // series of failing starts would keep this thread from the commands that it follows.
        if (next is not { } another) return;
        next = null;
        starts.Enqueue(another);
        Descriptors.Wake(startsEvent);
    }

    private void Handle(Slot slot, SlotEvent kind)
    {
        if (kind == SlotEvent.Ended) End(slot);
        else if (kind == SlotEvent.Input) slot.Process!.Input!.Continue();
        else Read(slot, kind == SlotEvent.Output ? StandardStream.Output : StandardStream.Error);
    }

    /// <summary>Watches for room in a command's input pipe.</summary>
    internal void WatchInput(int descriptor, ulong tag) => Watch(descriptor, Libc.EPOLLOUT, tag);

    private bool Watch(int descriptor, uint wanted, ulong tag)
    {
        var change = stackalloc byte[16];
        *(uint*)change = wanted;
        *(ulong*)(change + Libc.EpollDataOffset) = tag;
        return Libc.epoll_ctl(poller, Libc.EPOLL_CTL_ADD, descriptor, change) == 0;
    }

    /// <summary>
    /// Removes a descriptor from the poller before it is closed.
    /// Closing alone is not enough: a child that is being spawned holds a copy of it for a moment.
    /// </summary>
    internal void Unwatch(int descriptor)
    {
        var unused = stackalloc byte[16];
        _ = Libc.epoll_ctl(poller, Libc.EPOLL_CTL_DEL, descriptor, unused);
    }
}

/// <summary>What an epoll event of a command is about.</summary>
internal enum SlotEvent
{
    /// <summary>Standard output is readable.</summary>
    Output = 0,

    /// <summary>Standard error is readable.</summary>
    Error = 1,

    /// <summary>The command has ended.</summary>
    Ended = 2,

    /// <summary>Standard input is writable.</summary>
    Input = 3,
}

/// <summary>A running command and its descriptors, as one loop follows them.</summary>
internal sealed class Slot
{
    /// <summary>The slot's index in the table.</summary>
    internal required int Index { get; init; }

    /// <summary>Incremented with each use of the slot, so that an event of an earlier use is recognized.</summary>
    internal uint Generation;

    /// <summary>The command; null while the slot is free.</summary>
    internal RunningProcess? Process;

    /// <summary>The read end of standard output; negative when closed.</summary>
    internal int Output = -1;

    /// <summary>The number of bytes read from standard output; used to decide whether to enlarge its pipe.</summary>
    internal long OutputRead;

    /// <summary>Whether the pipe of standard output has been enlarged.</summary>
    internal bool IsWide;

    /// <summary>The read end of standard error; negative when closed.</summary>
    internal int Error = -1;

    /// <summary>The process descriptor, which becomes readable when the process ends; negative when closed.</summary>
    internal int Ended = -1;
}

/// <summary>The commands that one loop follows, found by the tag of an epoll event.</summary>
internal sealed class SlotTable
{
    private readonly List<Slot> slots = [];
    private readonly Stack<Slot> free = [];

    /// <summary>The number of slots in use.</summary>
    internal int Count => slots.Count - free.Count;

    /// <summary>The slots in use.</summary>
    internal IEnumerable<Slot> InUse => slots.Where(static slot => slot.Process is not null);

    /// <summary>Takes a slot for a command.</summary>
    internal Slot Take(RunningProcess process)
    {
        if (!free.TryPop(out var slot))
        {
            slot = new Slot { Index = slots.Count };
            slots.Add(slot);
        }
        slot.Process = process;
        return slot;
    }

    /// <summary>Frees a slot for another command.</summary>
    internal void Release(Slot slot)
    {
        (slot.Process, slot.OutputRead, slot.IsWide) = (null, 0, false);
        slot.Generation++;
        free.Push(slot);
    }

    /// <summary>
    /// Returns the tag of a slot's event: the generation in the upper half, then the slot's index, and the kind in the
    /// lowest two bits. The top bit stays 0, which keeps tags apart from the loop's own.
    /// </summary>
    internal static ulong TagOf(Slot slot, SlotEvent kind) =>
        ((ulong)(slot.Generation & 0x7fffffff) << 32) | ((uint)slot.Index << 2) | (uint)kind;

    /// <summary>Returns the kind of event that a tag stands for.</summary>
    internal static SlotEvent KindOf(ulong tag) => (SlotEvent)(tag & 3);

    /// <summary>Returns the slot of a tag; null if the tag belongs to an earlier use of the slot.</summary>
    internal Slot? Find(ulong tag)
    {
        var slot = slots[(int)((uint)tag >> 2)];
        return slot.Process is not null && (slot.Generation & 0x7fffffff) == (uint)(tag >> 32) ? slot : null;
    }
}
