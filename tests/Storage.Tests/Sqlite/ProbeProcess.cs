using System.Diagnostics;

namespace OrleansTasks.Storage.Tests.Sqlite;

/// <summary>Starts the probe as a process of its own, by itself or under a tracer.</summary>
internal static class ProbeProcess
{
    /// <summary>The program, built beside the tests.</summary>
    internal static string Program
    {
        get
        {
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            return Path.Combine(here.Parent!.Parent!.FullName, "Storage.Probe", here.Name, "Storage.Probe");
        }
    }

    internal static Process Start(string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(
            file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        return Process.Start(start) ?? throw new InvalidOperationException($"{file} did not start.");
    }

    /// <summary>Runs a program to its end.</summary>
    internal static async Task<(int ExitCode, string Output)> Run(string file, params string[] arguments)
    {
        using var process = Start(file, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await errors);
    }

    /// <summary>Ends the test as not run where there is no strace, or it may not trace.</summary>
    internal static async Task NeedStrace()
    {
        try
        {
            var (exitCode, output) = await Run("strace", "-e", "trace=none", "true");
            Assert.SkipUnless(exitCode == 0, $"strace cannot trace here: {output}");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("strace is not installed.");
        }
    }
}
