using System.Collections.Concurrent;
using System.Globalization;
using OrleansTasks.Worker.Handover;

namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>
/// Enforces the limits of attempts with what this machine offers: control groups of version 2 if possible, otherwise of
/// version 1, otherwise by watching the tree. Only control groups can limit the number of processes. Attempts without
/// limits cost nothing.
/// </summary>
internal sealed class LimitEnforcer : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    private static long last;

    private readonly ConcurrentDictionary<RunningProcess, LimitedTree> trees = new();
    private readonly CgroupHierarchy? unified;
    private readonly LimitHierarchies hierarchies = LimitHierarchies.None;
    private readonly Lock gate = new();
    private readonly ITimer timer;
    private bool ticking;
    private int checking;

    /// <summary>Finds out which means this machine offers.</summary>
    /// <param name="time">Provides the timer by which limits are checked.</param>
    /// <param name="useControlGroups">Whether control groups may be used.</param>
    /// <param name="unifiedGroup">This process's group of version 2; null to look it up.</param>
    internal LimitEnforcer(TimeProvider time, bool useControlGroups, string? unifiedGroup)
    {
        if (useControlGroups)
        {
            unified = CgroupHierarchy.TryOpen(unifiedGroup ?? CgroupMounts.OwnUnified(), isUnified: true);
            hierarchies = new(
                Find("memory", "memory.max", "memory.limit_in_bytes"),
                Find("pids", "pids.max", "pids.max"),
                // Version 2 counts processor time in every group, whatever controllers there are.
                unified ?? CgroupHierarchy.TryOpen(CgroupMounts.Own("cpuacct"), isUnified: false),
                CpuWeight.Find(unified),
                CpuSets.Find(unified));
        }
        Enforced = hierarchies.Processes is null
            ? ["memoryBytes", "cpuTime", "openFiles"]
            : ["memoryBytes", "cpuTime", "processes", "openFiles"];
        timer = time.CreateTimer(_ => Check(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The names of the limits that this machine enforces.</summary>
    internal IReadOnlyList<string> Enforced { get; }

    /// <summary>Creates the groups of an attempt that is about to start.</summary>
    /// <exception cref="IOException">A limit cannot be set; the message says which.</exception>
    internal LimitedTree Prepare(RunningProcess process, ProcessLimits limits)
    {
        var name = Interlocked.Increment(ref last).ToString(CultureInfo.InvariantCulture);
        // Only the engine knows the control groups of its containers.
        var tree = new LimitedTree(
            process, limits, name, process.Container is null ? hierarchies : LimitHierarchies.None);
        Watch(process, tree);
        return tree;
    }

    /// <summary>The number in the name of the latest group.</summary>
    internal static long Last => Interlocked.Read(ref last);

    /// <summary>Continues the numbers of an earlier program of this process, whose groups may still be in use.</summary>
    internal static void ContinueFrom(long number) => Interlocked.Exchange(ref last, Math.Max(number, Last));

    /// <summary>Takes over the groups of an attempt that an earlier program of this process has started.</summary>
    internal LimitedTree Adopt(RunningProcess process, ProcessLimits limits, LimitRecord record)
    {
        var tree = new LimitedTree(process, limits, record);
        Watch(process, tree);
        return tree;
    }

    private void Watch(RunningProcess process, LimitedTree tree)
    {
        trees[process] = tree;
        lock (gate)
        {
            if (!ticking) timer.Change(Tick, Tick);
            ticking = true;
        }
    }

    /// <summary>Removes the groups of an attempt that is over; its tree is dead.</summary>
    internal void Release(RunningProcess process)
    {
        if (trees.TryRemove(process, out var tree)) tree.Remove();
    }

    /// <summary>Stops the checks and removes all groups.</summary>
    public void Dispose()
    {
        timer.Dispose();
        hierarchies.Remove();
    }

    /// <summary>
    /// Returns the hierarchy in which a controller really accepts a limit; that a group can be created does not prove
    /// it.
    /// </summary>
    private CgroupHierarchy? Find(string controller, string unifiedFile, string file)
    {
        if (unified is not null && unified.TryEnable(controller) && unified.Takes(unifiedFile))
            return unified;
        var found = CgroupHierarchy.TryOpen(CgroupMounts.Own(controller), isUnified: false);
        if (found?.Takes(file) != false)
            return found;
        found.Remove();
        return null;
    }

    private void Check()
    {
        // Checking many trees can take longer than a tick.
        if (Interlocked.Exchange(ref checking, 1) != 0) return;
        try
        {
            foreach (var (_, tree) in trees) tree.Check();
        }
        finally
        {
            Volatile.Write(ref checking, 0);
        }
        lock (gate)
        {
            if (!trees.IsEmpty) return;
            ticking = false;
            timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
