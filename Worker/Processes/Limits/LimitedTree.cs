using System.Globalization;
using System.Text;

namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>The groups of one limited attempt, and what it has used.</summary>
internal sealed class LimitedTree
{
    private readonly RunningProcess process;
    private readonly ProcessLimits limits;
    private readonly HashSet<string> groups = [];
    private readonly string? memoryGroup;
    private readonly string? cpuGroup;
    private readonly bool cpuIsUnified;
    private readonly bool memoryIsUnified;
    private volatile bool memoryExceeded;
    private long largestSeen;

    /// <summary>Makes the groups and sets what they limit.</summary>
    internal LimitedTree(
        RunningProcess process, ProcessLimits limits, string name,
        CgroupHierarchy? memory, CgroupHierarchy? processes, CgroupHierarchy? cpu)
    {
        (this.process, this.limits) = (process, limits);
        try
        {
            if (limits.MemoryBytes is { } bytes && memory is not null)
            {
                memoryGroup = Make(memory, name);
                memoryIsUnified = memory.IsUnified;
                SetMemory(bytes);
            }
            if (limits.Processes is { } count)
            {
                if (processes is null) throw new IOException("this node cannot limit the number of processes");
                Set(Path.Combine(Make(processes, name), "pids.max"), count);
            }
            if (limits.CpuTime is not null && cpu is not null)
            {
                cpuGroup = Make(cpu, name);
                cpuIsUnified = cpu.IsUnified;
            }
        }
        catch
        {
            Remove();
            throw;
        }
    }

    /// <summary>Whether it has run out of memory, as the kernel counts or as was seen.</summary>
    internal bool RanOutOfMemory => memoryExceeded || (memoryGroup is not null && OutOfMemoryKills() > 0);

    /// <summary>
    /// The most memory that it has had at a time, in bytes, as its group counts it: all its processes together, with the files
    /// that they had in memory. Without a group: what made it end as out of memory. Null when neither is there.
    /// </summary>
    internal long? PeakBytes
    {
        get
        {
            if (memoryGroup is null)
                return memoryExceeded ? Interlocked.Read(ref largestSeen) : null;
            var peak = CgroupFile.Number(Path.Combine(memoryGroup, memoryIsUnified ? "memory.peak" : "memory.max_usage_in_bytes"));
            // Kernels before 5.19 do not tell it in groups of version 2.
            return peak > 0 ? peak : null;
        }
    }

    /// <summary>
    /// The arguments that put a process into its groups before it becomes the command: nothing it does comes before,
    /// and nothing it starts is outside.
    /// </summary>
    internal IReadOnlyList<string> Wrap(IReadOnlyList<string> arguments)
    {
        var script = new StringBuilder();
        foreach (var group in groups)
            script.Append(CultureInfo.InvariantCulture, $"echo 0 >'{group.Replace("'", "'\\''")}/cgroup.procs' && ");
        if (limits.OpenFiles is { } files) script.Append(CultureInfo.InvariantCulture, $"ulimit -n {files} && ");
        script.Append("exec \"$@\"");
        return ["/bin/sh", "-c", script.ToString(), "sh", .. arguments];
    }

    /// <summary>Kills the tree when it has used more than it may.</summary>
    internal void Check()
    {
        if (!process.IsRunning || process.ProcessId == 0) return;
        if (limits.CpuTime is { } time && UsedCpu() > time) process.Exceed(EndReason.CpuTime);
        if (limits.MemoryBytes is not { } bytes) return;
        if (memoryGroup is null) CheckResident(bytes);
        if (RanOutOfMemory) process.Exceed(EndReason.OutOfMemory);
    }

    private void CheckResident(long limit)
    {
        var resident = TreeUsage.Of(process).ResidentBytes;
        if (resident > Interlocked.Read(ref largestSeen)) Interlocked.Exchange(ref largestSeen, resident);
        if (resident > limit) memoryExceeded = true;
    }

    /// <summary>Removes the groups, in which nothing is left.</summary>
    internal void Remove()
    {
        foreach (var group in groups) _ = Interop.Libc.rmdir(group);
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
            _ = CgroupHierarchy.TryWrite(Path.Combine(memoryGroup!, "memory.swap.max"), "0");
            _ = CgroupHierarchy.TryWrite(Path.Combine(memoryGroup!, "memory.oom.group"), "1");
            return;
        }
        Set(Path.Combine(memoryGroup!, "memory.limit_in_bytes"), bytes);
        _ = CgroupHierarchy.TryWrite(
            Path.Combine(memoryGroup!, "memory.memsw.limit_in_bytes"), bytes.ToString(CultureInfo.InvariantCulture));
    }

    private static void Set(string file, long value)
    {
        if (!CgroupHierarchy.TryWrite(file, value.ToString(CultureInfo.InvariantCulture)))
            throw new IOException($"the limit {Path.GetFileName(file)} of {value} is refused by the system");
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
