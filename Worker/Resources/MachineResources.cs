using System.Globalization;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Processes.Limits;

namespace OrleansTasks.Worker.Resources;

/// <summary>
/// What this machine offers to tasks: the cores and memory that it, or the control group of this process, has, and its
/// GPUs.
/// </summary>
public static class MachineResources
{
    // Left to the machine and the worker itself.
    private const long LeastReserve = 128L << 20;
    private const long MostReserve = 2L << 30;
    private const int ReserveDivisor = 16;

    /// <summary>What the name of a GPU's device begins with; its index follows.</summary>
    internal const string GpuPrefix = "nvidia";

    private const string VisibleGpus = "CUDA_VISIBLE_DEVICES";

    /// <summary>
    /// Returns what the machine offers, with the given amounts in place of those found. cpu is in thousandths, memory in
    /// bytes.
    /// </summary>
    public static IReadOnlyDictionary<string, long> Find(IReadOnlyDictionary<string, long> given)
    {
        var found = new SortedDictionary<string, long>(StringComparer.Ordinal)
        {
            [ResourceName.Cpu] = Cpu(Environment.ProcessorCount, CgroupMounts.OwnUnified()),
            [ResourceName.Memory] = Memory(MachineGauge.TotalMemory(), CgroupMounts.OwnUnified()),
            [ResourceName.Gpu] = Gpus("/dev", Environment.GetEnvironmentVariable(VisibleGpus)).Length,
        };
        foreach (var (name, amount) in given)
            found[name] = amount;
        foreach (var name in found.Where(static one => one.Value <= 0).Select(static one => one.Key).ToArray())
            found.Remove(name);
        return found;
    }

    /// <summary>Returns the indexes of the GPUs to give out; from 0 on if a number was given.</summary>
    public static IReadOnlyList<int> GpuIndexes(IReadOnlyDictionary<string, long> given) =>
        given.TryGetValue(ResourceName.Gpu, out var count)
            ? [.. Enumerable.Range(0, (int)count)]
            : Gpus("/dev", Environment.GetEnvironmentVariable(VisibleGpus));

    /// <summary>
    /// Returns the cores that tasks can have to themselves: those that this process may run on, or none if it offers
    /// more than that, since these could not be enough for all tasks.
    /// </summary>
    public static IReadOnlyList<int> Cores(IReadOnlyDictionary<string, long> given) =>
        Cores(CoreAffinity.Own(), Find(given).GetValueOrDefault(ResourceName.Cpu));

    /// <summary>Returns these cores if they are as many as are offered, in thousandths; otherwise none.</summary>
    internal static IReadOnlyList<int> Cores(IReadOnlyList<int> own, long offered) =>
        offered <= own.Count * 1_000L ? own : [];

    /// <summary>
    /// Returns the thousandths of cores: those of the machine, or the quota of the control group or of one above it.
    /// </summary>
    internal static long Cpu(int processors, string? group)
    {
        var most = processors * 1_000L;
        foreach (var text in ReadUp(group, "cpu.max"))
        {
            // "200000 100000" is the quota and its period in microseconds; "max 100000" is no quota.
            if (text.Split(' ', StringSplitOptions.TrimEntries) is [var quota, var period]
                && long.TryParse(quota, CultureInfo.InvariantCulture, out var time)
                && long.TryParse(period, CultureInfo.InvariantCulture, out var of) && of > 0)
                most = Math.Min(most, Math.Max(1, time * 1_000 / of));
        }

        return most;
    }

    /// <summary>
    /// Returns the bytes of memory, those of the machine or the limit of the control group or of one above it, less what
    /// the machine needs itself; 0 if they are unknown.
    /// </summary>
    internal static long Memory(long total, string? group)
    {
        foreach (var text in ReadUp(group, "memory.max"))
        {
            if (long.TryParse(text.Trim(), CultureInfo.InvariantCulture, out var limit))
                total = total == 0 ? limit : Math.Min(total, limit);
        }

        return Math.Max(0, total - Math.Clamp(total / ReserveDivisor, LeastReserve, MostReserve));
    }

    /// <summary>
    /// Returns the indexes of NVIDIA's GPUs, by the files that their driver makes; only the visible ones, if this
    /// process was told which.
    /// </summary>
    internal static int[] Gpus(string devices, string? visible)
    {
        if (!Directory.Exists(devices))
            return [];
        var all = Directory.EnumerateFileSystemEntries(devices, GpuPrefix + "*")
            .Select(static path => Path.GetFileName(path)[GpuPrefix.Length..])
            .Where(static number => number.Length > 0 && number.All(char.IsAsciiDigit))
            .Select(static number => int.Parse(number, CultureInfo.InvariantCulture))
            .Order().ToArray();
        if (string.IsNullOrEmpty(visible))
            return all;
        var named = visible.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(static name => name.All(char.IsAsciiDigit)).Select(static name => int.Parse(name, CultureInfo.InvariantCulture)).ToHashSet();
        return [.. all.Where(named.Contains)];
    }

    // The file of the group and of the groups above it, as far as they can be read.
    private static IEnumerable<string> ReadUp(string? group, string file)
    {
        for (var folder = group; folder is not null && folder.Length > 1; folder = Path.GetDirectoryName(folder))
        {
            string? text = null;
            try
            {
                if (File.Exists(Path.Combine(folder, file)))
                    text = File.ReadAllText(Path.Combine(folder, file));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Counts as no limit.
            }

            if (text is not null)
                yield return text;
        }
    }
}
