using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace OrleansTasks.Bench.Harness;

/// <summary>Where and of what a measurement was taken.</summary>
public sealed record Machine(string Commit, string System, string Processor, int Cores, long MemoryBytes, string Runtime, string Orleans, string At)
{
    /// <summary>Describes this machine and this checkout.</summary>
    public static Machine Describe() => new(
        Output("git", "rev-parse --short=12 HEAD") + (Output("git", "status --porcelain --untracked-files=no").Length > 0 ? "+changes" : ""),
        RuntimeInformation.OSDescription,
        ProcessorName(),
        Environment.ProcessorCount,
        GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        RuntimeInformation.FrameworkDescription,
        typeof(Grain).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+', ' ')[0] ?? "",
        DateTimeOffset.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture));

    private static string ProcessorName() => !File.Exists("/proc/cpuinfo") ? "" : File.ReadLines("/proc/cpuinfo")
        .Where(static line => line.StartsWith("model name", StringComparison.Ordinal)).Select(static line => line.Split(':', 2)[^1].Trim())
        .FirstOrDefault("");

    private static string Output(string program, string arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
            var text = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return text;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }
}
