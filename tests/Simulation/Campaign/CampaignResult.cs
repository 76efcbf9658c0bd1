using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.World;

namespace OrleansTasks.Simulation.Campaign;

/// <summary>What came out of a campaign.</summary>
internal sealed class CampaignResult
{
    private const int EnoughSeeds = 1000;
    private readonly Lock gate = new();
    private readonly List<long> steps = [];

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
            Coverage.Add(outcome.Coverage);
            if (outcome.Failure is not null)
                Failed.Add(outcome.Plan.Seed, outcome);
        }
    }
}
