using System.Globalization;
using System.Text.Json;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Rollouts;

/// <summary>Reads the body of a rollout from JSON and reports all of its faults.</summary>
public static class RolloutSpecReader
{
    /// <summary>Maximum number of labels of the task: one is for the rollout's id.</summary>
    private const int MostLabels = SpecRules.MostLabels - 1;

    private static readonly string[] Names = ["name", "task", "select", "waves", "maxFailed", "pause", "catchUp"];
    private static readonly TimeSpan LongestPause = TimeSpan.FromDays(7);
    private static readonly TimeSpan LongestCatchUp = TimeSpan.FromDays(30);

    /// <summary>Reads a body. Returns null if it has faults.</summary>
    /// <param name="utf8">The whole document.</param>
    /// <param name="now">The current time in Unix milliseconds; the task's <c>expiresAt</c> must be later.</param>
    /// <param name="errors">The object to which faults are added.</param>
    public static RolloutSpec? Read(ReadOnlySpan<byte> utf8, long now, SpecErrors errors)
    {
        try
        {
            var reader = new StrictReader(utf8, errors);
            reader.Read();
            var spec = Read(ref reader, now);
            reader.Finish();
            return errors.IsEmpty ? spec : null;
        }
        catch (JsonException fault)
        {
            errors.Malformed = StrictReader.Describe(fault);
            return null;
        }
    }

    /// <summary>
    /// Reads a stored body, even if it breaks rules that were added since it was accepted. Throws
    /// <see cref="FormatException"/> if it cannot be read.
    /// </summary>
    public static RolloutSpec ReadStored(ReadOnlySpan<byte> utf8)
    {
        var errors = new SpecErrors { ChecksRules = false };
        return Read(utf8, 0, errors) ?? throw errors.Unreadable("rollout");
    }

    /// <summary>
    /// Returns what is wrong with the waves for a certain number of nodes; null if they end with all nodes.
    /// </summary>
    public static SpecError? FaultOf(RolloutPlan plan, int nodes)
    {
        var reached = plan.Totals(nodes)[^1];
        return reached == nodes ? null : new SpecError(
            PathOf(plan.Waves.Length - 1),
            $"reaches {reached} of {nodes} selected nodes; the last wave must reach all, so end with \"100%\"");
    }

    private static RolloutSpec Read(ref StrictReader reader, long now)
    {
        var spec = new RolloutSpec();
        if (!reader.IsObject(StrictReader.Root))
            return spec;
        var seen = default(SeenFields);
        while (reader.NextField(Names, ref seen, "", out var field))
        {
            var name = Names[field];
            switch (name)
            {
                case "name":
                    ReadName(ref reader, spec);
                    break;
                case "task":
                    ReadTask(ref reader, spec, now);
                    break;
                case "select":
                    spec.Select = TaskSpecReader.ReadLabels(ref reader, name);
                    break;
                case "waves":
                    spec.Plan = spec.Plan with { Waves = ReadWaves(ref reader) };
                    break;
                case "maxFailed":
                    spec.Plan = spec.Plan with { MaxFailed = ReadShare(ref reader, name, 0) ?? default };
                    break;
                case "pause":
                    spec.Plan = spec.Plan with { Pause = ReadDuration(ref reader, name, LongestPause) };
                    break;
                default:
                    spec.Plan = spec.Plan with { CatchUp = ReadDuration(ref reader, name, LongestCatchUp) };
                    break;
            }
        }

        if (!seen.Has(Array.IndexOf(Names, "task")))
            reader.Errors.Add("task", "is missing; give the task that each node gets");
        if (!seen.Has(Array.IndexOf(Names, "name")))
            spec.Name = spec.Task.Name;
        return spec;
    }

    private static void ReadName(ref StrictReader reader, RolloutSpec spec)
    {
        spec.Name = reader.String("name") ?? "";
        if (SpecRules.FaultOfText(spec.Name, SpecRules.LongestName) is { } fault)
            reader.Errors.AddRule("name", fault);
    }

    private static long ReadDuration(ref StrictReader reader, string name, TimeSpan longest) =>
        (long)(reader.Duration(name, TimeSpan.Zero, longest) ?? default).TotalMilliseconds;

    private static void ReadTask(ref StrictReader reader, RolloutSpec spec, long now)
    {
        var errors = reader.Errors;
        errors.Prefix = "task";
        spec.Task = TaskSpecReader.Read(ref reader, now, out var extent);
        spec.Extent = extent;
        if (spec.Task.RunAt != 0)
            errors.AddRule("runAt", "is not allowed: waves determine when the task runs");
        if (!spec.Task.After.IsEmpty)
            errors.AddRule("after", "is not allowed: a rollout's task waits only for its turn");
        if (spec.Task.Unique is not null)
            errors.AddRule("unique", "is not allowed: a rollout runs the task once on each node");
        if (!spec.Task.Requires.IsEmpty)
            errors.AddRule("requires", "is not allowed: the rollout's select chooses the nodes");
        if (spec.Task.Labels.Any(static label => label.Key == RolloutSpec.Label))
            errors.AddRule(
                $"labels.{RolloutSpec.Label}", "is not allowed: this label is reserved for the rollout's id");
        else if (spec.Task.Labels.Length > MostLabels)
            errors.AddRule("labels", $"has {spec.Task.Labels.Length} labels; a rollout's task may have {MostLabels}");
        errors.Prefix = null;
    }

    private static ImmutableArray<RolloutShare> ReadWaves(ref StrictReader reader)
    {
        if (!reader.IsArray("waves"))
            return RolloutPlan.Default.Waves;
        var waves = ImmutableArray.CreateBuilder<RolloutShare>();
        var count = 0;
        for (; reader.Read() && reader.Token != JsonTokenType.EndArray; count++)
        {
            var path = PathOf(count);
            if (ReadShare(ref reader, path, 1) is not { } wave || count >= ServiceLimits.RolloutWaves)
                continue;
            // A count and a percentage can be compared only once the nodes are known.
            if (waves.Count > 0 && waves[^1] is var before && before.IsPercent == wave.IsPercent
                && before.Value >= wave.Value)
                reader.Errors.AddRule(path, $"is {wave}, after {before}: each wave must be larger than the one before");
            waves.Add(wave);
        }

        if (count > ServiceLimits.RolloutWaves)
            reader.Errors.AddRule("waves", $"has {count} waves; at most {ServiceLimits.RolloutWaves} are allowed");
        if (count == 0)
            reader.Errors.Add("waves", "is empty; give at least one wave, such as \"100%\"");
        return waves.Count == 0 ? RolloutPlan.Default.Waves : waves.DrainToImmutable();
    }

    // Reads a whole number or a percentage.
    private static RolloutShare? ReadShare(ref StrictReader reader, string path, int least)
    {
        if (reader.Token != JsonTokenType.String)
        {
            if (reader.Token == JsonTokenType.Number)
            {
                return reader.Integer(path, least, ServiceLimits.RolloutNodes) is { } count
                    ? new RolloutShare(count, IsPercent: false)
                    : null;
            }

            reader.Errors.Add(path, "must be a whole number of nodes or a percentage such as \"10%\"");
            reader.Skip();
            return null;
        }

        var text = reader.String(path)!;
        if (RolloutShare.TryParse(text, out var share) && (least == 0 || share.Value > 0))
            return share;
        var from = least == 0 ? "from 0%" : "above 0%";
        reader.Errors.Add(path, $"'{StrictReader.Quote(text)}' is not a percentage {from} to 100%, such as \"10%\"");
        return null;
    }

    private static string PathOf(int wave) => string.Create(CultureInfo.InvariantCulture, $"waves[{wave}]");
}
