using System.Buffers.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>What a tree uses now, added up process by process. Used where no control group counts it.</summary>
/// <param name="CpuTime">
/// The processor time of all living processes, of the children they waited for, and of reaped orphans.
/// </param>
/// <param name="ResidentBytes">
/// The resident memory without shared pages; of a container, without the programs of its engine.
/// </param>
internal readonly record struct TreeUsage(TimeSpan CpuTime, long ResidentBytes)
{
    // USER_HZ, which is 100 on every architecture that the worker runs on.
    private const long TicksPerSecond = 100;

    /// <summary>Adds up the usage of an attempt's tree.</summary>
    internal static TreeUsage Of(RunningProcess process)
    {
        var tree = new List<ProcessStat>();
        if (ProcessStat.TryRead(process.ProcessId, out var leader)) tree.Add(leader);
        ProcessTree.AddDescendants(process.ProcessId, tree);
        TreeKeeper.Shared.AddOrphans(process, tree);
        long ticks = 0, pages = 0;
        foreach (var stat in tree)
        {
            ticks += stat.CpuTicks;
            if (process.Container is null || IsInside(stat.Pid)) pages += OwnPages(stat.Pid);
        }
        return new(process.ReapedCpuTime + TimeSpan.FromSeconds((double)ticks / TicksPerSecond),
            pages * Environment.SystemPageSize);
    }

    /// <summary>Whether a process has a namespace of processes below the worker's, as those in a container do.</summary>
    private static bool IsInside(int pid)
    {
        Span<byte> buffer = stackalloc byte[4096];
        var length = Descriptors.ReadSmall($"/proc/{pid}/status", buffer);
        if (length <= 0) return false;
        var text = (ReadOnlySpan<byte>)buffer[..length];
        var at = text.IndexOf("\nNSpid:\t"u8);
        if (at < 0) return false;
        var numbers = text[(at + 8)..];
        return numbers[..Math.Max(0, numbers.IndexOf((byte)'\n'))].Contains((byte)'\t');
    }

    private static long OwnPages(int pid)
    {
        Span<byte> buffer = stackalloc byte[256];
        var length = Descriptors.ReadSmall($"/proc/{pid}/statm", buffer);
        if (length <= 0) return 0;
        // size resident shared …
        Span<long> numbers = stackalloc long[3];
        var field = 0;
        foreach (var range in buffer[..length].Split((byte)' '))
        {
            if (field == numbers.Length) break;
            _ = Utf8Parser.TryParse(buffer[..length][range], out numbers[field++], out _);
        }
        return Math.Max(0, numbers[1] - numbers[2]);
    }
}
