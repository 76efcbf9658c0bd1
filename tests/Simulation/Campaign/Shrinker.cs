using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.World;

namespace OrleansTasks.Simulation.Campaign;

/// <summary>
/// Makes a failing run smaller: faults are left out, first many at a time and then one by one, as long as it still
/// fails
/// (delta debugging, A. Zeller and R. Hildebrandt, 2002); then there are fewer tasks and jobs.
/// </summary>
internal static class Shrinker
{
    private const int MostRuns = 120;

    /// <summary>The smallest failing run that was found.</summary>
    public static Outcome Shrink(Outcome failed)
    {
        var runs = 0;
        var best = failed;
        for (var size = Math.Max(1, best.Plan.Faults.Length / 2); size >= 1 && runs < MostRuns; size /= 2)
        {
            for (var from = 0; from < best.Plan.Faults.Length && runs < MostRuns;)
            {
                var kept = best.Plan.Faults.RemoveRange(from, Math.Min(size, best.Plan.Faults.Length - from));
                if (Fails(best.Plan with { Faults = kept }) is { } smaller)
                    best = smaller;
                else
                    from += size;
                runs++;
            }
        }

        for (var tasks = best.Plan.Tasks / 2; tasks >= 1 && runs < MostRuns; tasks /= 2, runs++)
        {
            if (Fails(best.Plan with { Tasks = tasks }) is { } smaller)
                best = smaller;
        }

        for (var jobs = best.Plan.Jobs - 1; jobs >= 0 && runs < MostRuns; jobs--, runs++)
        {
            if (Fails(best.Plan with { Jobs = jobs }) is { } smaller)
                best = smaller;
        }

        return best;
    }

    private static Outcome? Fails(Plan plan) => Run.Of(plan) is { Failure: not null } failed ? failed : null;
}
