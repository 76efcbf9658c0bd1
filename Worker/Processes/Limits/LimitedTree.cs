using System.Globalization;
using OrleansTasks.Worker.Handover;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>The control groups of one attempt with limits, and what it has used.</summary>
internal sealed class LimitedTree
{
    private const int NearLimit = 64 * 1024;
    private readonly RunningProcess process;
    private readonly ProcessLimits limits;
    private readonly HashSet<string> groups = [];
    private readonly string? memoryGroup;
    private readonly string? cpuGroup;
    private readonly bool cpuIsUnified;
    private readonly bool memoryIsUnified;
    private volatile bool memoryExceeded;
    private long largestSeen;

    /// <summary>Creates the groups and sets their limits.</summary>
    internal LimitedTree(
        RunningProcess process, ProcessLimits limits, string name, LimitHierarchies hierarchies)
    {
        (this.process, this.limits) = (process, limits);
        try
        {
            if (limits.MemoryBytes is { } bytes && hierarchies.Memory is { } memory)
            {
                memoryGroup = Make(memory, name);
                memoryIsUnified = memory.IsUnified;
                SetMemory(bytes);
            }
            if (limits.Processes is { } count)
            {
                if (hierarchies.Processes is not { } processes)
                    throw new IOException("this node cannot limit the number of processes");
                Set(Path.Combine(Make(processes, name), "pids.max"), count);
            }
            if (limits.CpuTime is not null && hierarchies.Cpu is { } cpu)
            {
                cpuGroup = Make(cpu, name);
                cpuIsUnified = cpu.IsUnified;
            }
            if (limits.CpuShares is { } shares && hierarchies.Weights is { } weights)
            {
                var file = Path.Combine(Make(weights, name), CpuWeight.FileOf(weights.IsUnified));
                Set(file, CpuWeight.TextOf(shares, weights.IsUnified));
            }
            if (limits.Cores.Count > 0 && hierarchies.CpuSets is { } cpusets)
                Set(Path.Combine(Make(cpusets, name), CpuSets.File), CpuSets.TextOf(limits.Cores));
        }
        catch
        {
            Remove();
            throw;
        }
    }

    /// <summary>Takes over the groups of an attempt that an earlier program of this process has started.</summary>
    internal LimitedTree(RunningProcess process, ProcessLimits limits, LimitRecord record)
    {
        (this.process, this.limits) = (process, limits);
        groups.UnionWith(record.Groups);
        memoryGroup = record.HasMemoryGroup ? record.MemoryGroup : null;
        memoryIsUnified = record.MemoryIsUnified;
        cpuGroup = record.HasCpuGroup ? record.CpuGroup : null;
        cpuIsUnified = record.CpuIsUnified;
        memoryExceeded = record.MemoryExceeded;
        largestSeen = record.LargestSeen;
    }

    /// <summary>Returns what another program of this process needs to take over the groups.</summary>
    internal LimitRecord ToRecord()
    {
        var record = new LimitRecord
        {
            MemoryIsUnified = memoryIsUnified,
            CpuIsUnified = cpuIsUnified,
            MemoryExceeded = memoryExceeded,
            LargestSeen = Interlocked.Read(ref largestSeen),
        };
        record.Groups.Add(groups);
        if (memoryGroup is not null) record.MemoryGroup = memoryGroup;
        if (cpuGroup is not null) record.CpuGroup = cpuGroup;
        return record;
    }

    /// <summary>Whether the attempt ran out of memory, by the kernel's count or by a check of its tree.</summary>
    internal bool RanOutOfMemory => memoryExceeded || (memoryGroup is not null && OutOfMemoryKills() > 0);

    /// <summary>
    /// The peak memory of all processes together, in bytes, as their group counts it, including cached files.
    /// Without a group, the size that exceeded the limit. Null if neither is known.
    /// </summary>
    internal long? PeakBytes
    {
        get
        {
            if (memoryGroup is null)
                return memoryExceeded ? Interlocked.Read(ref largestSeen) : null;
            var peak = CgroupFile.Number(Path.Combine(memoryGroup, memoryIsUnified ? "memory.peak" : "memory.max_usage_in_bytes"));
            // Kernels before 5.19 do not report it for groups of version 2.
            return peak > 0 ? peak : null;
        }
    }

    /// <summary>
    /// Whether a process must be held before its program begins, so that nothing that the command does or starts
    /// happens outside its limits.
    /// </summary>
    internal bool Holds => groups.Count > 0 || limits.OpenFiles is not null || limits.Cores.Count > 0;

    /// <summary>
    /// Puts a process into the groups, limits its open files and holds it on its cores. Returns why that failed, or
    /// null.
    /// </summary>
    internal string? Take(int pid)
    {
        foreach (var group in groups)
            if (!CgroupHierarchy.TryWrite(Path.Combine(group, "cgroup.procs"), pid.ToString(CultureInfo.InvariantCulture)))
                return $"it cannot enter the control group {group}";
        if (limits.OpenFiles is { } files && OpenFileLimit.Set(pid, files) is { } refusal) return refusal;
        // Also where no group can hold it there: what it starts inherits this.
        return limits.Cores.Count > 0 ? CoreAffinity.Set(pid, limits.Cores) : null;
    }

    /// <summary>
    /// Notes that its program could not start. The kernel kills no process for lack of memory that has not begun its
    /// program: the start fails.
    /// </summary>
    internal void NoteFailedStart(int error)
    {
        if (error is not (Libc.ENOMEM or Libc.E2BIG) || memoryGroup is null) return;
        // Version 1 counts no refusals on recent kernels, so its peak has to tell: a few pages below the limit at most.
        memoryExceeded |= memoryIsUnified
            ? CgroupFile.Field(Path.Combine(memoryGroup, "memory.events"), "oom") > 0
            : CgroupFile.Number(Path.Combine(memoryGroup, "memory.max_usage_in_bytes")) >= limits.MemoryBytes - NearLimit;
    }

    /// <summary>Kills the tree if it has exceeded its limits.</summary>
    internal void Check()
    {
        if (!process.IsRunning || process.ProcessId == 0) return;
        if (limits.CpuTime is { } time && UsedCpu() > time) process.Exceed(ProcessEndReason.CpuTime);
        if (limits.MemoryBytes is not { } bytes) return;
        if (memoryGroup is null) CheckResident(bytes);
        if (RanOutOfMemory) process.Exceed(ProcessEndReason.OutOfMemory);
    }

    private void CheckResident(long limit)
    {
        var resident = TreeUsage.Of(process).ResidentBytes;
        if (resident > Interlocked.Read(ref largestSeen)) Interlocked.Exchange(ref largestSeen, resident);
        if (resident > limit) memoryExceeded = true;
    }

    /// <summary>Removes the groups. They have no processes left.</summary>
    internal void Remove()
    {
        foreach (var group in groups) _ = Libc.rmdir(group);
    }

    private string Make(CgroupHierarchy hierarchy, string name)
    {
        var group = hierarchy.Make(name);
        groups.Add(group);
        return group;
    }

    private void SetMemory(long bytes)
    {
        if (memoryIsUnified)
        {
            Set(Path.Combine(memoryGroup!, "memory.max"), bytes);
            // Where these two files are missing, the limit above holds alone.
            _ = CgroupHierarchy.TryWrite(Path.Combine(memoryGroup!, "memory.swap.max"), "0");
            _ = CgroupHierarchy.TryWrite(Path.Combine(memoryGroup!, "memory.oom.group"), "1");
            return;
        }
        Set(Path.Combine(memoryGroup!, "memory.limit_in_bytes"), bytes);
        _ = CgroupHierarchy.TryWrite(
            Path.Combine(memoryGroup!, "memory.memsw.limit_in_bytes"), bytes.ToString(CultureInfo.InvariantCulture));
    }

    private static void Set(string file, long value) => Set(file, value.ToString(CultureInfo.InvariantCulture));

    private static void Set(string file, string value)
    {
        if (!CgroupHierarchy.TryWrite(file, value))
            throw new IOException($"the system refused to set the limit {Path.GetFileName(file)} to {value}");
    }

    private long OutOfMemoryKills() => CgroupFile.Field(
        Path.Combine(memoryGroup!, memoryIsUnified ? "memory.events" : "memory.oom_control"), "oom_kill");

    private TimeSpan UsedCpu()
    {
        if (cpuGroup is null) return TreeUsage.Of(process).CpuTime;
        return cpuIsUnified
            ? TimeSpan.FromMicroseconds(CgroupFile.Field(Path.Combine(cpuGroup, "cpu.stat"), "usage_usec"))
            : TimeSpan.FromMicroseconds(CgroupFile.Number(Path.Combine(cpuGroup, "cpuacct.usage")) / 1000);
    }
}
