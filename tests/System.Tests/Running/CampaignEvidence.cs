using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace OrleansTasks.System.Tests.Running;

/// <summary>The figures of a campaign, as a file that can be committed under docs/evidence.</summary>
internal static class CampaignEvidence
{
    /// <summary>
    /// Writes what was found, with commit, time and machine, to the file that an environment variable names. Does
    /// nothing when the variable is not set, as in ordinary test runs.
    /// </summary>
    public static async Task Write(string variable, string campaign, JsonObject found)
    {
        if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } file)
            return;
        var evidence = new JsonObject
        {
            ["campaign"] = campaign,
            ["commit"] = Environment.GetEnvironmentVariable("OTASK_COMMIT"),
            ["at"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            ["system"] = RuntimeInformation.OSDescription,
            ["cores"] = Environment.ProcessorCount,
        };
        foreach (var (name, value) in found)
            evidence[name] = value?.DeepClone();
        await File.WriteAllTextAsync(file, evidence.ToJsonString(new() { WriteIndented = true }) + "\n");
    }
}
