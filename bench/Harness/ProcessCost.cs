using System.Globalization;

namespace OrleansTasks.Bench.Harness;

/// <summary>What a process has cost so far, as the kernel counts it.</summary>
public static class ProcessCost
{
    /// <summary>Processor time of all its threads, to a hundredth of a second.</summary>
    public static double CpuSeconds(int process)
    {
        var fields = File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return ticks / 100.0;
    }

    /// <summary>Memory that it holds now.</summary>
    public static double ResidentBytes(int process) => Status(process, "VmRSS:");

    /// <summary>
    /// The same, of pages that several processes hold its share: what processes together hold is the sum.
    /// </summary>
    public static double SharedOutBytes(int process) => InFile($"/proc/{process}/smaps_rollup", "Pss:");

    /// <summary>The most memory that it has held.</summary>
    public static double PeakBytes(int process) => Status(process, "VmHWM:");

    /// <summary>Lets <see cref="PeakBytes"/> count from what the process holds now.</summary>
    public static void ForgetPeak(int process) => File.WriteAllText($"/proc/{process}/clear_refs", "5");

    private static double Status(int process, string label) => InFile($"/proc/{process}/status", label);

    private static double InFile(string path, string label) =>
        1024.0 * File.ReadLines(path)
            .Where(line => line.StartsWith(label, StringComparison.Ordinal))
            .Select(static line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture))
            .Single();
}
