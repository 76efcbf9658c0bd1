using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace OrleansTasks.Fuzz.Tests.Fuzzing;

/// <summary>What is kept of a surface's run.</summary>
internal sealed class Figures
{
    private readonly SortedDictionary<string, int> outcomes = new(StringComparer.Ordinal);
    private readonly List<string> findings = [];

    /// <summary>How many inputs were tried.</summary>
    public int Inputs { get; private set; }

    /// <summary>How many findings are listed in <see cref="KnownFindings"/>.</summary>
    public int Known { get; set; }

    /// <summary>The longest answer.</summary>
    public TimeSpan Longest { get; private set; }

    /// <summary>The processes that were measured, by name, before and after.</summary>
    public SortedDictionary<string, (ProcessGauge Before, ProcessGauge After)> Processes { get; } =
        new(StringComparer.Ordinal);

    /// <summary>An input has been tried.</summary>
    public void Add(string outcome, TimeSpan took)
    {
        Inputs++;
        outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
        Longest = took > Longest ? took : Longest;
    }

    /// <summary>Something was found.</summary>
    public void Find(string finding) => findings.Add(finding);

    /// <summary>Prints the figures, and adds them to the evidence if that is kept.</summary>
    public async Task Keep(string surface, TimeSpan ran)
    {
        var figures = new JsonObject
        {
            ["inputs"] = Inputs,
            ["seconds"] = Math.Round(ran.TotalSeconds, 1),
            ["outcomes"] = new JsonObject(
                outcomes.Select(static one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value))),
            ["longestAnswerMs"] = Math.Round(Longest.TotalMilliseconds, 1),
            ["processes"] = new JsonObject(
                Processes.Select(static one => KeyValuePair.Create(one.Key, (JsonNode?)new JsonObject
            {
                ["descriptorsBefore"] = one.Value.Before.Descriptors,
                ["descriptorsAfter"] = one.Value.After.Descriptors,
                ["residentMiBBefore"] = one.Value.Before.ResidentMiB,
                ["residentMiBAfter"] = one.Value.After.ResidentMiB,
            }))),
            ["knownFindings"] = Known,
            ["findings"] = new JsonArray([.. findings.Select(static finding => (JsonNode?)finding)]),
        };
        TestContext.Current.TestOutputHelper?.WriteLine($"{surface}: {figures.ToJsonString()}");
        if (FuzzSettings.EvidenceFile is not { } file)
            return;
        var evidence = File.Exists(file) ? JsonNode.Parse(await File.ReadAllTextAsync(file))!.AsObject() : [];
        evidence["campaign"] = "hostile bytes at every surface";
        evidence["machine"] = Machine();
        evidence["firstSeed"] = FuzzSettings.Seed;
        evidence[surface] = figures;
        await File.WriteAllTextAsync(file, evidence.ToJsonString(new() { WriteIndented = true }) + "\n");
    }

    private static JsonObject Machine() => new()
    {
        ["commit"] = Environment.GetEnvironmentVariable("OTASK_COMMIT"),
        ["system"] = RuntimeInformation.OSDescription,
        ["cores"] = Environment.ProcessorCount,
        ["memoryBytes"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["at"] = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
    };
}
