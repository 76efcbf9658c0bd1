using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.World;

namespace OrleansTasks.Simulation.Campaign;

/// <summary>What came out of a campaign.</summary>
internal sealed class CampaignResult
{
    private const int EnoughSeeds = 1000;
    private readonly Lock gate = new();
    private readonly List<long> steps = [];
    private readonly SortedDictionary<int, HashSet<string>> bySeed = [];

    /// <summary>The first runs that failed, by seed.</summary>
    public SortedDictionary<int, Outcome> Failed { get; } = [];

    /// <summary>What happened in all runs.</summary>
    public Coverage Coverage { get; } = new();

    /// <summary>How many seeds ran.</summary>
    public int Seeds => steps.Count;

    /// <summary>Commits, tasks and virtual time of all runs.</summary>
    public long Commits { get; private set; }

    /// <summary>Accepted tasks of all runs.</summary>
    public long Tasks { get; private set; }

    /// <summary>Accepted jobs of all runs.</summary>
    public long Jobs { get; private set; }

    /// <summary>Chunks of all runs that were done.</summary>
    public long Chunks { get; private set; }

    /// <summary>Faults of all plans.</summary>
    public long Faults { get; private set; }

    /// <summary>Attempts of all runs that were lost with their nodes.</summary>
    public long NodeLosses { get; private set; }

    /// <summary>Virtual time of all runs.</summary>
    public TimeSpan Time { get; private set; }

    /// <summary>Turns of all runs.</summary>
    public long Steps => steps.Sum();

    /// <summary>Turns of the run in the middle.</summary>
    public long MedianSteps => steps.Count == 0 ? 0 : steps.Order().ElementAt(steps.Count / 2);

    /// <summary>Transitions and kinds of faults that never happened.</summary>
    public string[] Missing => [.. Coverage.Expected.Where(what => !Coverage.Counts.ContainsKey(what))];

    /// <summary>What happened too rarely; nothing is said of less than a thousand seeds.</summary>
    public string[] TooRare => Seeds < EnoughSeeds
        ? []
        :
        [
            .. Coverage.LeastPerThousand.Where(least => PerThousand(least.Key) < least.Value).Select(least =>
                FormattableString.Invariant($"{least.Key}: {PerThousand(least.Key):0.0} per thousand seeds, at least {least.Value} are due")),
        ];

    /// <summary>How often something happened per thousand seeds.</summary>
    public double PerThousand(string what) => Seeds == 0 ? 0 : Coverage.Counts.GetValueOrDefault(what) * 1000.0 / Seeds;

    /// <summary>Failures that nobody in the product looked at, and that no fault explains.</summary>
    public string[] Unobserved { get; set; } = [];

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; set; }

    /// <summary>
    /// A short list of the seeds that covers every expected event, each in at least <paramref name="times"/> of them where possible. Greedy: the
    /// next seed is the one that adds most.
    /// </summary>
    public int[] Cover(int times)
    {
        var due = Coverage.Expected.ToDictionary(static what => what, _ => times, StringComparer.Ordinal);
        var left = new SortedDictionary<int, HashSet<string>>(bySeed);
        var chosen = new SortedSet<int>();
        while (left.Count > 0)
        {
            var (seed, happened) = left.MaxBy(one => one.Value.Count(Counts));
            if (!happened.Any(Counts))
                break;
            left.Remove(seed);
            chosen.Add(seed);
            foreach (var what in happened.Where(Counts))
                due[what]--;
        }

        return [.. chosen];

        bool Counts(string what) => due.GetValueOrDefault(what) > 0;
    }

    /// <summary>Takes in a run; safe for several threads.</summary>
    public void Add(Outcome outcome)
    {
        lock (gate)
        {
            steps.Add(outcome.Steps);
            Commits += outcome.Commits;
            Tasks += outcome.Tasks;
            Jobs += outcome.Jobs;
            Chunks += outcome.Chunks;
            Faults += outcome.Plan.Faults.Length;
            Time += outcome.Time;
            NodeLosses += outcome.NodeLosses;
            Coverage.Add(outcome.Coverage);
            bySeed[outcome.Plan.Seed] = [.. outcome.Coverage.Counts.Keys];
            if (outcome.Failure is not null)
                Failed.Add(outcome.Plan.Seed, outcome);
        }
    }
}
