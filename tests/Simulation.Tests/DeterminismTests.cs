using System.Diagnostics;
using System.Globalization;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.World;

namespace OrleansTasks.Simulation.Tests;

/// <summary>A seed decides everything: another process runs the same steps.</summary>
public sealed class DeterminismTests
{
    private const int Seeds = 12;
    private static readonly string Program = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "..", "..", "Simulation", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "Simulation"));

    [Fact]
    public async Task Hash_OfEverySeed_IsTheSameInAnotherProcess_AndUnlikeThatOfAnotherSeed()
    {
        var there = Other("--hashes", "--from", "1", "--seeds", Seeds.ToString(CultureInfo.InvariantCulture));
        string[] here =
        [
            .. Enumerable.Range(1, Seeds).Select(
                static seed => $"{seed} {Run.Of(Plan.Of(seed), hashesMessages: true).Hash:x16}"),
        ];
        var other = (await there).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal(Seeds, other.Length);
        for (var i = 0; i < Seeds; i++)
            Assert.True(here[i] == other[i], here[i] == other[i] ? "" : await FirstDifference(i + 1));
        Assert.Equal(Seeds, here.Select(static line => line.Split(' ')[1]).Distinct().Count());
    }

    /// <summary>The first step at which two processes part.</summary>
    private static async Task<string> FirstDifference(int seed)
    {
        var file = Path.GetTempFileName();
        try
        {
            var steps = new List<string>();
            Run.Of(Plan.Of(seed), steps.Add);
            await Other("--seed", seed.ToString(CultureInfo.InvariantCulture), "--trace", file);
            var others = await File.ReadAllLinesAsync(file, TestContext.Current.CancellationToken);
            var first = steps.Zip(others).TakeWhile(static pair => pair.First == pair.Second).Count();
            return first == steps.Count
                ? $"Seed {seed} has {steps.Count} steps here and {others.Length} there."
                : $"Seed {seed} parts at its step {first + 1}:\n  here  {steps[first]}\n  there {others.ElementAtOrDefault(first)}";
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<string> Other(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true })!;
        try
        {
            return await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
