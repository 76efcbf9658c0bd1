using System.Globalization;

namespace OrleansTasks.Bench.Harness;

/// <summary>What a process has cost so far, as the kernel counts it.</summary>
public static class ProcessCost
{
    /// <summary>Processor time of all its threads, to a hundredth of a second.</summary>
    public static double CpuSeconds(int process) =>
        Ticks(process, 2) / 100.0;

    /// <summary>Processor time of a process and all that it has started, those that have ended included.</summary>
    public static double CpuSecondsWithChildren(int process)
    {
        var ticks = Ticks(process, 4);
        foreach (var child in File.ReadAllText($"/proc/{process}/task/{process}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                ticks += Ticks(int.Parse(child, CultureInfo.InvariantCulture), 2);
            }
            catch (IOException)
            {
                // It has just ended.
            }
        }

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

    /// <summary>Bytes that it has read from files, those that the kernel had in memory included.</summary>
    public static long ReadBytes(int process) =>
        long.Parse(File.ReadLines($"/proc/{process}/io").First().AsSpan("rchar: ".Length), CultureInfo.InvariantCulture);

    /// <summary>
    /// How often a thread of the process has given up its processor, or lost it, by thread: threads that have ended are
    /// missing, so compare thread by thread.
    /// </summary>
    public static Dictionary<string, long> Switches(int process)
    {
        var switches = new Dictionary<string, long>();
        foreach (var thread in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            try
            {
                switches[thread] = File.ReadLines(Path.Combine(thread, "status"))
                    .Where(static line => line.Contains("ctxt_switches:", StringComparison.Ordinal))
                    .Sum(static line => long.Parse(line.AsSpan(line.IndexOf('\t') + 1), CultureInfo.InvariantCulture));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The thread has just ended.
            }
        }

        return switches;
    }

    /// <summary>The user and system time of the process; with four fields, of its ended children too.</summary>
    private static long Ticks(int process, int fields) =>
        File.ReadAllText($"/proc/{process}/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[11..(11 + fields)]
            .Sum(static field => long.Parse(field, CultureInfo.InvariantCulture));

    private static double Status(int process, string label) => InFile($"/proc/{process}/status", label);

    private static double InFile(string path, string label) =>
        1024.0 * File.ReadLines(path)
            .Where(line => line.StartsWith(label, StringComparison.Ordinal))
            .Select(static line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture))
            .Single();
}
