using System.Runtime.InteropServices;
using System.Text.Json;

namespace OrleansTasks.Simulation.Campaign;

/// <summary>Writes down what a campaign showed, and where.</summary>
internal static class Evidence
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes the file.</summary>
    public static void Write(string path, CampaignOptions options, CampaignResult result)
    {
        var found = new SortedDictionary<string, object>(StringComparer.Ordinal)
        {
            ["commit"] = options.Commit,
            ["at"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
            ["machine"] = $"{Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}",
            ["threads"] = options.Threads,
            ["firstSeed"] = options.From,
            ["seeds"] = result.Seeds,
            ["failed"] = result.Failed.Keys,
            ["seconds"] = Math.Round(result.Duration.TotalSeconds, 1),
            ["steps"] = result.Steps,
            ["medianSteps"] = result.MedianSteps,
            ["tasks"] = result.Tasks,
            ["jobs"] = result.Jobs,
            ["chunks"] = result.Chunks,
            ["commits"] = result.Commits,
            ["faults"] = result.Faults,
            ["virtualHours"] = Math.Round(result.Time.TotalHours, 1),
            ["neverHappened"] = result.Missing,
            ["tooRare"] = result.TooRare,
            ["perThousandSeeds"] = new SortedDictionary<string, double>(
                Checks.Coverage.LeastPerThousand.Keys.ToDictionary(static what => what, what => Math.Round(result.PerThousand(what), 1)),
                StringComparer.Ordinal),
            ["happened"] = result.Coverage.Counts,
        };
        File.WriteAllText(path, JsonSerializer.Serialize(found, Indented) + "\n");
    }
}
