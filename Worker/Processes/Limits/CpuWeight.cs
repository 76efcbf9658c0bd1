using System.Globalization;

namespace OrleansTasks.Worker.Processes.Limits;

/// <summary>
/// A control group's share of the processors: 1,024 shares are one processor, as version 1 counts. Version 2 counts in
/// hundredths of its default, so one processor is 100 there.
/// </summary>
internal static class CpuWeight
{
    private const int SharesOfOne = 1024, WeightOfOne = 100, LeastWeight = 1, MostWeight = 10_000;

    /// <summary>Returns the file that takes the share.</summary>
    internal static string FileOf(bool isUnified) => isUnified ? "cpu.weight" : "cpu.shares";

    /// <summary>Returns what to write into it.</summary>
    internal static string TextOf(int shares, bool isUnified) => (isUnified
        ? Math.Clamp((long)shares * WeightOfOne / SharesOfOne, LeastWeight, MostWeight)
        : shares).ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Returns the hierarchy in which attempts can have shares; null if there is none. All attempts with a share have as
    /// much together as the machine has processors. Otherwise they would have to share what is due to one command.
    /// </summary>
    internal static CgroupHierarchy? Find(CgroupHierarchy? unified)
    {
        if (unified is not null && unified.TryEnable("cpu") && Prepare(unified)) return unified;
        var found = CgroupHierarchy.TryOpen(CgroupMounts.Own("cpu"), isUnified: false);
        if (found is null || Prepare(found)) return found;
        found.Remove();
        return null;
    }

    private static bool Prepare(CgroupHierarchy hierarchy)
    {
        var file = FileOf(hierarchy.IsUnified);
        return hierarchy.Takes(file, TextOf(SharesOfOne, hierarchy.IsUnified))
            && hierarchy.TrySet(file, TextOf(SharesOfOne * Environment.ProcessorCount, hierarchy.IsUnified));
    }
}
