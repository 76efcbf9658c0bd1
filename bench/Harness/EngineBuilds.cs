using System.Diagnostics;
using System.Text.Json;

namespace OrleansTasks.Bench.Harness;

/// <summary>This program as it was built for each engine: an engine is a choice of the build, so both need a program of their own.</summary>
public static class EngineBuilds
{
    /// <summary>The argument that makes this program measure its own engine once and print the figures as JSON.</summary>
    public const string Argument = "--measure-engine";

    // artifacts/<engine>/bin/Bench/release/
    private static readonly string Here = AppContext.BaseDirectory.TrimEnd('/');
    private static readonly string Artifacts = Path.GetFullPath(Path.Combine(Here, "..", "..", "..", ".."));

    /// <summary>The program for an engine; null when it is not built.</summary>
    public static string? ProgramOf(string engine)
    {
        var program = Path.Combine(Artifacts, engine, "bin", "Bench", Path.GetFileName(Here), "OrleansTasks.Bench");
        return File.Exists(program) ? program : null;
    }

    /// <summary>Has a program measure its engine once, in a process of its own.</summary>
    public static async Task<Dictionary<string, double>> Measure(string program)
    {
        var start = new ProcessStartInfo(program, [Argument]) { RedirectStandardOutput = true };
        // As the service has it.
        start.Environment["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0";
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<Dictionary<string, double>>(text.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1])!
            : throw new InvalidOperationException($"{program} {Argument} ended with {process.ExitCode}.");
    }
}
