using System.Diagnostics;

namespace OrleansTasks.Bench.Harness;

/// <summary>Runs lines of a shell, as people would type them.</summary>
internal static class ShellRun
{
    /// <summary>Runs a line in a folder and returns the seconds that it took.</summary>
    public static double Seconds(string folder, string line)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-ec", line])
        {
            WorkingDirectory = folder, RedirectStandardError = true,
        };
        var began = TimeProvider.System.GetTimestamp();
        using var process = Tool.Start(start);
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? TimeProvider.System.GetElapsedTime(began).TotalSeconds
            : throw new InvalidOperationException($"'{line}' ended with {process.ExitCode}: {errors}");
    }
}
