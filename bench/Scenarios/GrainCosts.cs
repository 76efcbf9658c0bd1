using System.Diagnostics;
using System.Text.Json;
using OrleansTasks.Bench.Harness;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>Grain calls, the commit path and stream delivery, each run in a process of its own.</summary>
public sealed class GrainCosts : IScenario
{
    /// <summary>The argument that makes this program measure once and print the figures as JSON.</summary>
    public const string Argument = "--measure-grains";

    /// <inheritdoc/>
    public string Name => "grains";

    /// <inheritdoc/>
    public string Summary => "grain calls, the commit path and stream delivery, on a silo without gateway and worker";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var measured = new List<Dictionary<string, double>>();
        for (var run = 0; run < runs; run++)
            measured.Add(await Measure());
        return
        [
            .. GrainMeasurement.Figures.Select(figure => new Figure(
                figure.Name, figure.Unit, [.. measured.Select(run => run[figure.Name])], [], null, null, figure.MoreIsBetter)),
        ];
    }

    private static async Task<Dictionary<string, double>> Measure()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Argument]) { RedirectStandardOutput = true };
        // The service is built with this setting.
        start.Environment["DOTNET_ThreadPool_UnfairSemaphoreSpinLimit"] = "0";
        using var process = Process.Start(start)!;
        var text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<Dictionary<string, double>>(text.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1])!
            : throw new InvalidOperationException($"{start.FileName} {Argument} ended with {process.ExitCode}.");
    }
}
