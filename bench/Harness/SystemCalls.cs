using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansTasks.Bench.Harness;

/// <summary>How many system calls processes make, as strace counts them. A traced process is several times slower.</summary>
/// <param name="All">All calls.</param>
/// <param name="Syncs">Those that make files durable: fsync, fdatasync and sync_file_range.</param>
internal readonly partial record struct SystemCalls(long All, long Syncs)
{
    /// <summary>Counts the calls of all threads of some processes while an action runs.</summary>
    /// <exception cref="ToolMissingException">strace is not installed.</exception>
    public static async Task<SystemCalls> Count(IEnumerable<int> processes, Func<Task> action)
    {
        var start = new ProcessStartInfo("strace", ["-f", "-c", "-U", "calls,name"]) { RedirectStandardError = true };
        foreach (var process in processes)
            start.ArgumentList.Add(string.Create(CultureInfo.InvariantCulture, $"--attach={process}"));
        using var strace = Tool.Start(start);
        // Its first line says that it has attached itself.
        var first = await strace.StandardError.ReadLineAsync();
        if (first?.Contains("attached", StringComparison.Ordinal) != true)
            throw new InvalidOperationException($"strace says: {first}");
        var rest = strace.StandardError.ReadToEndAsync();
        await action();
        using (var interrupt = Process.Start("kill", ["-INT", strace.Id.ToString(CultureInfo.InvariantCulture)]))
            await interrupt.WaitForExitAsync();
        await strace.WaitForExitAsync();
        return Parse(await rest);
    }

    // A line is a count and a name; the last line is the total.
    private static SystemCalls Parse(string table)
    {
        var (all, syncs) = (0L, 0L);
        foreach (Match line in LinePattern().Matches(table))
        {
            var count = long.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture);
            if (line.Groups[2].Value == "total")
                all = count;
            else if (line.Groups[2].Value is "fsync" or "fdatasync" or "sync_file_range")
                syncs += count;
        }

        return all > 0 ? new SystemCalls(all, syncs) : throw new InvalidOperationException($"strace says: {table}");
    }

    [GeneratedRegex(@"^\s*(\d+)\s+(\w+)\s*$", RegexOptions.Multiline)]
    private static partial Regex LinePattern();
}
