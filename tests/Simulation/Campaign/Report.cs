using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.World;

namespace OrleansTasks.Simulation.Campaign;

/// <summary>What people read of a campaign.</summary>
internal static class Report
{
    /// <summary>A failed seed: what did not hold, how to see it again, and the smallest run that shows it.</summary>
    public static string Of(Outcome failed)
    {
        var small = Shrinker.Shrink(failed);
        var numbers = string.Join(",", small.Plan.Faults.Select(static fault => fault.Number));
        return $"""
            seed {failed.Plan.Seed} failed at {failed.Time.TotalSeconds:0.0} s: {failed.Failure}
              again:    make simulate SEED={failed.Plan.Seed}
              smallest: make simulate SEED={failed.Plan.Seed} ARGS="--faults {(numbers.Length == 0 ? "," : numbers)} --tasks {small.Plan.Tasks} --jobs {small.Plan.Jobs}"
                        fails at {small.Time.TotalSeconds:0.0} s: {small.Failure}
              as a script, for --script FILE or for tests/Simulation.Tests/Scenarios:
            {Script.Write(small.Plan)}
            """;
    }

    /// <summary>A campaign as a whole.</summary>
    public static string Of(CampaignResult result) => FormattableString.Invariant(
        $"""
        {result.Seeds} seeds in {result.Duration.TotalSeconds:0.0} s: {result.Failed.Count} failed; {result.Steps} steps (median {result.MedianSteps}), {result.Tasks} tasks, {result.Jobs} jobs with {result.Chunks} chunks, {result.Commits} commits, {result.Faults} faults, {result.Time.TotalHours:0.0} virtual hours
        """);
}
