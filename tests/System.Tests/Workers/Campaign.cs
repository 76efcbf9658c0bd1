using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OrleansTasks.System.Tests.Workers;

/// <summary>
/// How many rounds are run, and what is kept of them: a few by default; <c>make campaign-workers</c> and
/// <c>make campaign-streams</c> have more.
/// </summary>
internal static class Campaign
{
    private const string SeedVariable = "OTASK_WORKERS_SEED";

    /// <summary>What every random moment is drawn from: given by <c>OTASK_WORKERS_SEED</c>, else drawn itself.</summary>
    public static int Seed { get; } = Number(SeedVariable, RandomNumberGenerator.GetInt32(int.MaxValue));

    /// <summary>A whole number from the environment, else the one that fits into every test run.</summary>
    public static int Number(string variable, int standard) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : standard;

    /// <summary>Says in the test's output how the same moments are had again.</summary>
    public static void TellSeed() => Tell($"{SeedVariable}={Seed} draws the same moments again");

    /// <summary>Writes a line to the test's output.</summary>
    public static void Tell(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    /// <summary>Adds a part to the campaign's evidence, if it is to be kept.</summary>
    public static async Task Keep(string part, JsonObject figures)
    {
        figures["seed"] = Seed;
        Tell($"{part}: {figures.ToJsonString()}");
        if (Environment.GetEnvironmentVariable("OTASK_WORKERS_EVIDENCE") is not { Length: > 0 } file)
            return;
        var evidence = File.Exists(file) ? JsonNode.Parse(await File.ReadAllTextAsync(file))!.AsObject() : [];
        evidence["campaign"] = "workers that die, stand still, and outlive their service";
        evidence["machine"] = Machine();
        evidence[part] = figures;
        await File.WriteAllTextAsync(file, evidence.ToJsonString(new() { WriteIndented = true }) + "\n");
    }

    /// <summary>The middle and the upper end of what was measured, in milliseconds.</summary>
    public static JsonObject Figures(IEnumerable<double> milliseconds)
    {
        var sorted = milliseconds.Order().ToArray();
        return new JsonObject
        {
            ["n"] = sorted.Length,
            ["p50"] = Math.Round(Quantile(sorted, 0.5)),
            ["p99"] = Math.Round(Quantile(sorted, 0.99)),
            ["max"] = Math.Round(sorted[^1]),
        };
    }

    /// <summary>
    /// The goal, in milliseconds at p99, is for a campaign, which has its machine to itself; elsewhere others may share it.
    /// </summary>
    public static void Check(string what, IEnumerable<double> milliseconds, double goal)
    {
        if (Environment.GetEnvironmentVariable("OTASK_WORKERS_EVIDENCE") is { Length: > 0 })
            Assert.True(Quantile([.. milliseconds.Order()], 0.99) <= goal, $"{what}: p99 is beyond {goal} ms");
    }

    private static JsonObject Machine() => new()
    {
        ["commit"] = Environment.GetEnvironmentVariable("OTASK_COMMIT"),
        ["system"] = RuntimeInformation.OSDescription,
        ["processor"] = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(static line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim(),
        ["cores"] = Environment.ProcessorCount,
        ["memoryBytes"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["at"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
    };

    // The nearest rank: of few rounds, the upper end is the worst of them.
    private static double Quantile(double[] sorted, double share) =>
        sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
}
