using System.Collections.Concurrent;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Ensures that nothing of an attempt outlives its command. This process is a subreaper: whatever a command leaves
/// behind, in any session, becomes a child of its first thread. One read of that thread's list of children, which is
/// usually empty, shows that a tree is dead. Only if the list is not empty does the keeper's thread find the owners of
/// the children, and kill and reap them until none belongs to an attempt that is over. All hosts of the process share
/// one keeper, since a process as a whole is a subreaper.
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
        if (wake < 0) throw new IOException($"cannot create an eventfd: {Libc.Describe(Libc.LastError)}");
        new Thread(Run, 512 * 1024) { IsBackground = true, Name = "task-trees" }.Start();
    }

    /// <summary>The keeper of this process.</summary>
    internal static TreeKeeper Shared => Instance.Value;

    /// <summary>The marks of each attempt's descendants.</summary>
    internal AttemptTags Tags { get; } = new();

    /// <summary>Adds a loop that starts commands.</summary>
    internal void Add(SpawnLoop loop)
    {
        lock (known) loops = [.. loops, loop];
    }

    /// <summary>Removes a loop that has ended.</summary>
    internal void Remove(SpawnLoop loop)
    {
        lock (known) loops = Array.FindAll(loops, other => other != loop);
    }

    /// <summary>Whether nothing may start any more.</summary>
    internal bool IsShut => isShut;

    /// <summary>Kills the trees of all hosts before this process ends. No command can start afterwards.</summary>
    /// <param name="budget">The maximum time to wait for their death.</param>
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

    /// <summary>Adds a start that may take long.</summary>
    internal void Add(SlowStart start) => slowStarts[start] = true;

    /// <summary>Removes a start that is over.</summary>
    internal void Remove(SlowStart start) => slowStarts.TryRemove(start, out _);

    /// <summary>
    /// Waits until every start now in progress is over. It does not wait for a slow one, whose file system may never
    /// respond.
    /// </summary>
    private void AwaitStarts()
    {
        foreach (var loop in Volatile.Read(ref loops))
            if (loop.TryHoldStarts()) loop.StartGate.Exit();
        foreach (var (start, _) in slowStarts)
            if (start.StartGate.TryEnter(UsualStart)) start.StartGate.Exit();
    }

    /// <summary>Adds a command that has started. Called under its loop's <see cref="SpawnLoop.StartGate"/>.</summary>
    internal void Add(RunningProcess process, int pid)
    {
        leaders[pid] = process;
        process.Begin(pid);
        // Pairs with the barrier in Wait: either this thread sees the keeper dormant, or the keeper sees the command.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref dormant) != 0) Descriptors.Wake(wake);
    }

    /// <summary>
    /// Finishes the attempt of a reaped command, now or when its leftover processes are dead.
    /// Called on the thread that spawned it, since only that thread adds to its list of children.
    /// </summary>
    internal void Close(RunningProcess process, OrphanList orphans, SpawnLoop spawner)
    {
        var leftAny = LeftAny(process, ReadFirst(orphans));
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
    /// Signals the processes of a tree outside its command's process group, which has already been signalled.
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
        AwaitAdoption();
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
            PauseIfAsked();
            quiet = Wait(quiet && closing.Count == 0);
        }
    }

    /// <summary>Waits for something to do. Returns true if a whole tick passed without any.</summary>
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
        // When nothing runs, there is no need to poll.
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
