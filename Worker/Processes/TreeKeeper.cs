using System.Collections.Concurrent;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Sees that nothing of an attempt outlives its command. This process is a subreaper, so whatever a command leaves
/// behind, in whatever session, becomes a child of its first thread: one read of that thread's list of children,
/// usually empty, tells the end of a tree. Only when it is not empty does the keeper's thread find out whose those
/// are, kill and reap them, until the list holds none of an attempt that is over. There is one for all hosts of the
/// process, as being a subreaper is a property of the process.
/// </summary>
internal sealed partial class TreeKeeper
{
    private const int TickMilliseconds = 1000;
    private static readonly TimeSpan UsualStart = TimeSpan.FromMilliseconds(20);
    private static readonly Lazy<TreeKeeper> Instance = new(static () => new());

    private readonly ConcurrentDictionary<int, RunningProcess> leaders = new();
    private readonly ConcurrentDictionary<int, Orphan> known = new();
    private readonly ConcurrentQueue<RunningProcess> toClose = new();
    private readonly ConcurrentQueue<(RunningProcess Process, int Signal)> toSignal = new();
    private readonly List<Orphan> reaped = [];
    private readonly ManualResetEventSlim allFinished = new();
    private readonly int ownSession = Libc.getsid(0);
    private readonly int wake;
    private readonly ConcurrentDictionary<SlowStart, bool> slowStarts = new();
    private SpawnLoop[] loops = [];
    private int dormant;
    private volatile bool isShut;

    private TreeKeeper()
    {
        Descriptors.OccupyStandard();
        ChildSignal.Restore();
        if (Libc.prctl(Libc.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
            throw new IOException($"cannot become a subreaper: {Libc.Describe(Libc.LastError)}");
        wake = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (wake < 0) throw new IOException($"cannot make an eventfd: {Libc.Describe(Libc.LastError)}");
        new Thread(Run, 512 * 1024) { IsBackground = true, Name = "task-trees" }.Start();
    }

    /// <summary>The one of this process.</summary>
    internal static TreeKeeper Shared => Instance.Value;

    /// <summary>What marks the descendants of each attempt.</summary>
    internal AttemptTags Tags { get; } = new();

    /// <summary>A loop begins to start commands.</summary>
    internal void Add(SpawnLoop loop)
    {
        lock (known) loops = [.. loops, loop];
    }

    /// <summary>A loop has ended.</summary>
    internal void Remove(SpawnLoop loop)
    {
        lock (known) loops = Array.FindAll(loops, other => other != loop);
    }

    /// <summary>Whether nothing may start any more.</summary>
    internal bool IsShut => isShut;

    /// <summary>
    /// Kills all trees of all hosts for good, for a process that is about to end: nothing starts after it.
    /// </summary>
    /// <param name="budget">How long to wait for them to be dead.</param>
    /// <returns>Whether nothing is left.</returns>
    internal static bool KillEverything(TimeSpan budget)
    {
        if (!Instance.IsValueCreated) return true;
        var keeper = Shared;
        keeper.isShut = true;
        keeper.AwaitStarts();
        foreach (var (start, _) in keeper.slowStarts) start.Process.KillNow();
        foreach (var (_, process) in keeper.leaders) process.KillNow();
        return (keeper.leaders.IsEmpty || keeper.allFinished.Wait(budget)) && keeper.slowStarts.IsEmpty;
    }

    /// <summary>A command may take long to start.</summary>
    internal void Add(SlowStart start) => slowStarts[start] = true;

    /// <summary>A start is over.</summary>
    internal void Remove(SlowStart start) => slowStarts.TryRemove(start, out _);

    /// <summary>
    /// Waits until every start that is under way now is over, but not for one that takes long: its file system may never
    /// answer.
    /// </summary>
    private void AwaitStarts()
    {
        foreach (var loop in Volatile.Read(ref loops))
            if (loop.TryHoldStarts()) loop.StartGate.Exit();
        foreach (var (start, _) in slowStarts)
            if (start.StartGate.TryEnter(UsualStart)) start.StartGate.Exit();
    }

    /// <summary>A command has started. Under its loop's <see cref="SpawnLoop.StartGate"/>.</summary>
    internal void Add(RunningProcess process, int pid)
    {
        leaders[pid] = process;
        process.Begin(pid);
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref dormant) != 0) Descriptors.Wake(wake);
    }

    /// <summary>
    /// A command has been reaped: finishes its attempt, now or when what it left is dead. On the thread that spawned it,
    /// whose children no other thread adds to.
    /// </summary>
    internal void Close(RunningProcess process, OrphanList orphans, SpawnLoop spawner)
    {
        var leftAny = LeftAny(process, orphans.Read());
        lock (spawner.StartGate) leftAny = leftAny || LeftAny(process, spawner.Children.Read());
        if (!leftAny)
        {
            Finish(process);
            return;
        }
        toClose.Enqueue(process);
        Descriptors.Wake(wake);
    }

    private bool LeftAny(RunningProcess process, List<int> children)
    {
        foreach (var pid in children)
        {
            if (leaders.ContainsKey(pid)) continue;
            if (!known.TryGetValue(pid, out var orphan) || !orphan.MayLive || orphan.Owner == process) return true;
        }
        return false;
    }

    /// <summary>
    /// Signals what of a tree is outside its command's process group, which has been signalled already.
    /// </summary>
    internal void Signal(RunningProcess process, int signal)
    {
        toSignal.Enqueue((process, signal));
        Descriptors.Wake(wake);
    }

    private void Finish(RunningProcess process)
    {
        leaders.TryRemove(new(process.ProcessId, process));
        Tags.Release(process);
        process.Finish();
        if (IsShut && leaders.IsEmpty) allFinished.Set();
    }

    private void Run()
    {
        var closing = new List<RunningProcess>();
        var list = new ChildList();
        var quiet = false;
        while (true)
        {
            while (toClose.TryDequeue(out var process)) closing.Add(process);
            var children = list.Read(Volatile.Read(ref loops), leaders);
            Sweep(children, list.IsWhole);
            while (toSignal.TryDequeue(out var request)) SignalOutsideGroup(request.Process, request.Signal);
            KillOverdue();
            closing.RemoveAll(process =>
            {
                if (!IsOver(process)) return false;
                Finish(process);
                return true;
            });
            quiet = Wait(quiet && closing.Count == 0);
        }
    }

    /// <summary>Waits for something to do; true when a whole tick passed without.</summary>
    private bool Wait(bool quiet)
    {
        Span<Libc.PollDescriptor> waited = stackalloc Libc.PollDescriptor[64];
        waited[0] = new() { Descriptor = wake, Events = Libc.POLLIN };
        var count = 1;
        foreach (var (_, orphan) in known)
        {
            if (orphan.MayLive || count == waited.Length || orphan.WhenEnded() is var ended && ended < 0) continue;
            waited[count++] = new() { Descriptor = orphan.WhenEnded(), Events = Libc.POLLIN };
        }
        // Nothing is polled while nothing runs.
        Volatile.Write(ref dormant, 1);
        Interlocked.MemoryBarrier();
        var idle = quiet && count == 1 && leaders.IsEmpty;
        if (!idle) Volatile.Write(ref dormant, 0);
        int ready;
        unsafe
        {
            fixed (Libc.PollDescriptor* start = waited)
                ready = Libc.poll(start, (nuint)count, idle ? -1 : TickMilliseconds);
        }
        Volatile.Write(ref dormant, 0);
        Descriptors.Take(wake);
        return ready == 0;
    }
}
